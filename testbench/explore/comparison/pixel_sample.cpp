#include "testbench/explore/comparison/pixel_sample.h"

#include <algorithm>
#include <iterator>
#include <random>

#include "base/bits.h"

namespace bitbalance::explore {

PixelSample sample_pixels(const QuantizedNetwork& network, const QuantizedLayer& layer, int rows,
                          const std::vector<std::vector<std::vector<std::int32_t>>>& images, int columns,
                          int most_groups) {
  const Shape in = network.tensors[layer.input].shape;
  const int out_width = network.tensors[layer.output].shape.width;
  const std::int64_t pixels_an_image = std::int64_t{rows} * out_width;
  PixelSample sample;
  const std::int64_t all_pixels = pixels_an_image * static_cast<std::int64_t>(images.size());
  const std::int64_t all_groups = ceil_div(all_pixels, columns);
  sample.groups = std::min<std::int64_t>(all_groups, most_groups);
  std::vector<std::int64_t> pixels;
  // One place in each part: of a constant distance, rows and images that repeat would decide what is seen.
  // Each layer draws anew, so that what one sees too often another does not.
  std::mt19937_64 random(static_cast<std::uint64_t>(layer.output));
  const auto part_begins = [&](std::int64_t part) { return part * all_groups / sample.groups; };
  for (std::int64_t part = 0; part < sample.groups; ++part) {
    const auto groups_of_part = static_cast<std::uint64_t>(part_begins(part + 1) - part_begins(part));
    const auto place = static_cast<std::int64_t>(random() % groups_of_part);
    const std::int64_t first = (part_begins(part) + place) * columns;
    for (std::int64_t p = first; p < std::min(first + columns, all_pixels); ++p) pixels.push_back(p);
  }
  sample.pixels = static_cast<std::int64_t>(pixels.size());

  const Window& w = layer.window;
  const auto element = [&](std::int64_t pixel, int channel, int ky, int kx) -> std::int32_t {
    const std::int64_t place = pixel % pixels_an_image;
    const auto y = static_cast<int>(place / out_width) * w.stride_h - w.pad_top + ky * w.dilation_h;
    const auto x = static_cast<int>(place % out_width) * w.stride_w - w.pad_left + kx * w.dilation_w;
    if (y < 0 || y >= in.height || x < 0 || x >= in.width) return 0;
    return images[pixel / pixels_an_image][layer.input]
                 [(static_cast<std::size_t>(channel) * in.height + y) * in.width + x];
  };
  sample.activations.reserve(static_cast<std::size_t>(in.channels * w.area() * sample.pixels));
  for (int channel = 0; channel < in.channels; ++channel) {
    for (int ky = 0; ky < w.kernel_h; ++ky) {
      for (int kx = 0; kx < w.kernel_w; ++kx) {
        std::transform(
            pixels.begin(), pixels.end(), std::back_inserter(sample.activations),
            [&](std::int64_t pixel) { return static_cast<std::int16_t>(element(pixel, channel, ky, kx)); });
      }
    }
  }
  return sample;
}

}  // namespace bitbalance::explore
