// The activations under some of a convolution's output pixels: cycles of some baselines depend on them, and
// those of every pixel would be hundreds of megabytes.
#pragma once

#include <cstdint>
#include <vector>

#include "quant/ir/quantized_network.h"
#include "testbench/explore/names.h"

namespace bitbalance::explore {

struct PixelSample {
  std::int64_t pixels = 0;                ///< sampled
  std::int64_t groups = 0;                ///< sampled, each of as many pixels as the array has columns
  std::vector<std::int16_t> activations;  ///< [conv group][k][pixel], k as the weights of a channel
};

/// At most `most_groups` groups of `columns` neighbouring pixels, of all pixels of all images, which are
/// flattened: `rows` x the columns of the layer's output each. They are cut into as many equal parts, and one
/// group is drawn in each, always the same. `images`: [image][tensor].
PixelSample sample_pixels(const QuantizedNetwork& network, const QuantizedLayer& layer, int rows,
                          const std::vector<std::vector<std::vector<std::int32_t>>>& images, int columns,
                          int most_groups);

}  // namespace bitbalance::explore
