// Operators that cut images into windows, or put them together: in words of the host's others.
#include <fmt/format.h>

#include <algorithm>

#include "quant/onnx/graph/graph.h"
#include "quant/onnx/graph/spelling.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

std::vector<std::int64_t> constant_integers(const OnnxGraph& graph, const NodeProto& node, int index) {
  std::vector<std::int64_t> integers;
  for (const float value : graph.floats(node, index).constant) integers.push_back(to_integer(value));
  return integers;
}

/// The middle of the image, or the image in the middle of zeros: an odd element is cut or added at the end.
void center_crop_pad(OnnxGraph& graph, const NodeProto& node) {
  OnnxValue x = graph.value(node, 0);
  const auto rank = static_cast<std::int64_t>(x.dims.size());
  const std::vector<std::int64_t> shape = constant_integers(graph, node, 1);
  std::vector<std::int64_t> axes = ints_attribute(node, "axes", {});
  for (std::int64_t d = 0; find_attribute(node, "axes") == nullptr && d < rank; ++d) axes.push_back(d);
  if (axes.size() != shape.size()) {
    graph.model().fail(node,
                       fmt::format("{} extents for {} axes; accepted: as many", shape.size(), axes.size()));
  }
  check_range("shape", shape, 1);
  HostAttributes crop, pads;
  pads.integers["pads"].assign(2 * rank, 0);
  std::vector<bool> is_set(x.dims.size(), false);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::int64_t>(normal_axis(axes[i], x.dims.size()));
    if (is_set[axis])
      graph.model().fail(node, fmt::format("axes are {}; accepted: each once", to_string(axes)));
    is_set[axis] = true;
    const std::int64_t more = shape[i] - x.dims[axis];
    if (more < 0) {
      crop.integers["axes"].push_back(axis);
      crop.integers["starts"].push_back(-more / 2);
      crop.integers["ends"].push_back(-more / 2 + shape[i]);
    } else {
      pads.integers["pads"][axis] = more / 2;
      pads.integers["pads"][rank + axis] = more - more / 2;
    }
  }
  Spelling words(graph, node);
  if (!crop.integers.empty()) x = words.step("Slice", {x}, crop);
  words.result("Pad", {x}, pads);
}

/// Windows, each a column, added up where they were cut out: a transposed convolution whose filters have one
/// 1 each.
void columns_to_image(OnnxGraph& graph, const NodeProto& node) {
  OnnxValue x = graph.value(node, 0);
  const std::vector<std::int64_t> image = constant_integers(graph, node, 1);
  const std::vector<std::int64_t> block = constant_integers(graph, node, 2);
  const std::size_t rank = image.size();
  HostAttributes spread;
  const auto read = [&](const char* name, std::size_t count, std::int64_t fallback) {
    std::vector<std::int64_t> list = ints_attribute(node, name, std::vector<std::int64_t>(count, fallback));
    if (list.size() != count)
      graph.model().fail(node, fmt::format("{} is {}; accepted: {} numbers", name, to_string(list), count));
    check_range(name, list, fallback);
    return spread.integers[name] = list;
  };
  if (rank < 1 || rank > 2 || block.size() != rank || x.dims.size() != 3) {
    graph.model().fail(node,
                       fmt::format("columns {} of an image {} in blocks {}; accepted: images of one or two "
                                   "dimensions",
                                   to_string(x.dims), to_string(image), to_string(block)));
  }
  const auto strides = read("strides", rank, 1), dilations = read("dilations", rank, 1);
  const auto pads = read("pads", 2 * rank, 0);
  check_range("image_shape", image, 1);
  check_range("block_shape", block, 1);
  const std::int64_t taps = checked_count(block);
  Dims counts;
  std::vector<std::int64_t>& rest = spread.integers["output_padding"];
  for (std::size_t d = 0; d < rank; ++d) {
    const std::int64_t slack = image[d] + pads[d] + pads[rank + d] - dilations[d] * (block[d] - 1) - 1;
    counts.push_back(slack < 0 ? 0 : slack / strides[d] + 1);
    rest.push_back(slack < 0 ? 0 : slack % strides[d]);
  }
  if (x.dims[1] % taps != 0 || checked_count(counts) != x.dims[2]) {
    graph.model().fail(node, fmt::format("columns {} of {} windows {}; accepted: channels times {}, and {}",
                                         to_string(x.dims), to_string(counts), to_string(block), taps,
                                         element_count(counts)));
  }
  const std::int64_t channels = x.dims[1] / taps;
  spread.integers["group"] = {channels};
  graph.check_room(node, checked_count({channels, taps, taps}));
  OnnxValue filters = {-1, {channels * taps, 1}, {}, onnx::TensorProto::FLOAT};
  filters.dims.insert(filters.dims.end(), block.begin(), block.end());
  for (std::int64_t i = 0; i < channels * taps; ++i)
    for (std::int64_t k = 0; k < taps; ++k) filters.constant.push_back(k == i % taps ? 1.0F : 0.0F);
  x.dims = {x.dims[0], x.dims[1]};
  x.dims.insert(x.dims.end(), counts.begin(), counts.end());
  Spelling(graph, node).result("ConvTranspose", {x, filters}, spread);
}

}  // namespace

OnnxHandlers block_handlers() {
  return {{"CenterCropPad", center_crop_pad}, {"Col2Im", columns_to_image}};
}

}  // namespace bitbalance::onnx_io
