// Cycles of a whole convolution on a baseline: for each conv group, group of output channels (rows) and group
// of the sum (lanes), the slowest PE, times the groups of output pixels (columns).
#pragma once

#include <cstdint>
#include <vector>

#include "hw/baselines/baseline.h"

namespace bitbalance {

/// Weights as in QuantizedLayer: [output channel][input channel of its conv group][kernel y][kernel x]. Lanes
/// take consecutive ones of a channel.
struct BaselineLayer {
  const std::int16_t* weights = nullptr;
  int weight_bits = 8;
  int output_channels = 1;  ///< of all conv groups
  int conv_groups = 1;
  int kernel = 1;           ///< weights of an output channel
  std::int64_t pixels = 1;  ///< output pixels, all images
};

struct BaselineCycles {
  std::int64_t cycles = 0;
  std::int64_t steps = 0;
  /// Sum over the used PEs of the cycles they need themselves; the rest of cycles x rows x columns waits for
  /// others, or has no channel or pixel.
  std::int64_t pe_cycles = 0;
};

/// Not for kinds that need activations. Throws std::invalid_argument as check() does.
BaselineCycles layer_cycles(const Baseline& baseline, const BaselineLayer& layer);

/// Laconic. `activations`: [conv group][k][pixel], k as the weights of a channel.
BaselineCycles layer_cycles(const Baseline& baseline, const BaselineLayer& layer,
                            const std::vector<std::int16_t>& activations);

}  // namespace bitbalance
