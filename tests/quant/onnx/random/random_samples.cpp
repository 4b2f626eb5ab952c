// Images at places, in the middle of others, put together of windows; determinants.
#include <algorithm>

#include "tests/quant/onnx/random/operator_maker.h"

namespace bitbalance::test {

using onnx_reference::volume;

/// Images of which places are asked for, or places in constant images.
void OperatorMaker::grid_sample() {
  constexpr std::int64_t kAnyRank = 20;
  const std::int64_t rank = opset_ >= kAnyRank ? integer(1, 3) : 2, batch = integer(1, 2);
  Dims image = {batch, integer(1, 2)}, places = {batch};
  for (std::int64_t d = 0; d < rank; ++d) {
    image.push_back(integer(1, 5));
    places.push_back(integer(1, 3));
  }
  places.push_back(rank);
  if (chance()) {
    input(values(image));
    floats(values(places, -1.6, 1.6));
  } else {
    floats(values(image));
    input(values(places, -1.6, 1.6));
  }
  const bool is_new = opset_ >= kAnyRank;
  const std::string mode =
      one_of<std::string>({"nearest", is_new ? "linear" : "bilinear", is_new ? "cubic" : "bicubic"});
  if (chance()) set("mode", mode);
  if (chance()) set("padding_mode", one_of<std::string>({"zeros", "border", "reflection"}));
  if (chance()) set("align_corners", integer(0, 1));
}

/// Regions of the image, or regions that the image says of constant images; some are partly outside.
void OperatorMaker::roi_align() {
  constexpr std::int64_t kChoice = 16;
  const Dims images = {integer(1, 2), integer(1, 2), integer(2, 6), integer(2, 6)};
  const std::int64_t count = integer(1, 3);
  const auto region_values = [&] {
    Tensor regions{{count, 4}, {}};
    for (std::int64_t r = 0; r < count; ++r) {
      const Tensor start = values({2}, -2, 6), size = values({2}, 0.1, 7);
      for (const double corner : {start.values[0], start.values[1], start.values[0] + size.values[0],
                                  start.values[1] + size.values[1]})
        regions.values.push_back(static_cast<float>(corner));
    }
    return regions;
  };
  if (chance()) {
    input(values(images));
    floats(region_values());
  } else {
    floats(values(images));
    input(region_values());
  }
  Dims indices(count);
  for (std::int64_t& index : indices) index = integer(0, images[0] - 1);
  integers(indices);
  if (chance()) set("output_height", integer(1, 3));
  if (chance()) set("output_width", integer(1, 3));
  if (chance()) set("sampling_ratio", integer(0, 3));
  if (chance()) set("spatial_scale", small());
  if (opset_ >= kChoice && chance())
    set("coordinate_transformation_mode", one_of<std::string>({"half_pixel", "output_half_pixel"}));
}

/// The same with whole corners and the image's index among them, no multiples of a half once scaled.
void OperatorMaker::max_roi_pool() {
  const Dims images = {integer(1, 2), integer(1, 2), integer(2, 6), integer(2, 6)};
  Tensor regions{{integer(1, 3), 5}, {}};
  const double third = 1.0 / 3;
  for (std::int64_t r = 0; r < regions.dims[0]; ++r) {
    const auto x = static_cast<double>(integer(-2, 6)), y = static_cast<double>(integer(-2, 6));
    for (const double value :
         {static_cast<double>(integer(0, images[0] - 1)), x + third, y + third,
          x + third + static_cast<double>(integer(-1, 7)), y + third + static_cast<double>(integer(-1, 7))})
      regions.values.push_back(static_cast<float>(value));
  }
  const bool is_image = chance();
  if (is_image) {
    input(values(images));
    floats(regions);
  } else {
    floats(values(images));
    input(regions);
  }
  set("pooled_shape", Dims{integer(1, 3), integer(1, 3)});
  if (chance()) set("spatial_scale", one_of<float>({0.5F, 2.0F}));
}

/// Boxes of computed scores, or computed boxes; a share that no two of them reach exactly.
void OperatorMaker::non_max_suppression() {
  const std::int64_t images = integer(1, 2), boxes = integer(1, 8);
  const Tensor scores = values({images, integer(1, 3), boxes});
  Tensor places = values({images, boxes, 4});
  const bool are_centers = chance();
  for (std::size_t i = 0; are_centers && i < places.values.size(); ++i)
    if (i % 4 > 1) places.values[i] = std::abs(places.values[i]);
  const bool is_image = chance();
  if (is_image) input(places);
  if (!is_image) floats(places);
  if (is_image) floats(scores);
  if (!is_image) input(scores);
  integers({integer(1, 5)}, chance() ? Dims{} : Dims{1});
  if (chance(4)) none();
  if (node_.input_size() == 3) floats(Tensor{{1}, {static_cast<float>(integer(1, 9)) / 11}});
  if (chance()) floats(Tensor{{1}, {static_cast<float>(integer(-9, 9)) / 7}});
  if (are_centers || chance()) set("center_point_box", std::int64_t{are_centers ? 1 : 0});
  is_truth_ = true;  // an integer, at least
  has_open_rows_ = true;
}

void OperatorMaker::center_crop_pad() {
  const std::int64_t rank = integer(1, 4);
  input(values(extents(rank, 5)));
  Dims axes = some_axes(rank), shape;
  const bool takes_all = axes.empty() || chance(3);
  if (takes_all) axes.resize(rank);
  for (std::size_t i = 0; i < axes.size(); ++i) shape.push_back(integer(1, 6));
  integers(shape);
  if (!takes_all) set("axes", axes);
}

void OperatorMaker::columns_to_image() {
  const std::int64_t rank = integer(1, 2), channels = integer(1, 3);
  Dims image, block, strides, dilations, pads(2 * rank);
  std::int64_t windows = 1;
  for (std::int64_t d = 0; d < rank; ++d) {
    block.push_back(integer(1, 3));
    strides.push_back(integer(1, 2));
    dilations.push_back(integer(1, 2));
    pads[d] = integer(0, 1);
    pads[rank + d] = integer(0, 1);
    const std::int64_t span = dilations[d] * (block[d] - 1) + 1;
    image.push_back(span + integer(0, 4));
    windows *= (image[d] + pads[d] + pads[rank + d] - span) / strides[d] + 1;
  }
  input(values({integer(1, 2), channels * volume(block), windows}));
  integers(image);
  integers(block);
  const auto is_plain = [](const Dims& list, std::int64_t value) {
    return std::count(list.begin(), list.end(), value) == static_cast<std::ptrdiff_t>(list.size());
  };
  if (!is_plain(strides, 1) || chance()) set("strides", strides);
  if (!is_plain(dilations, 1) || chance()) set("dilations", dilations);
  if (!is_plain(pads, 0) || chance()) set("pads", pads);
}

void OperatorMaker::determinant() {
  Dims dims = extents(integer(1, 3), 3);
  dims.push_back(dims.back());
  input(values(dims));
}

}  // namespace bitbalance::test
