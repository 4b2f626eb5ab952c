// Cycles of a whole convolution on a baseline: for each conv group, group of output channels (rows) and group
// of the sum (lanes), the slowest PE, times the groups of output pixels (columns).
#pragma once

#include <cstdint>
#include <vector>

#include "hw/baselines/baseline.h"
#include "hw/isa/width.h"

namespace bitbalance::baselines {

/// Weights as in QuantizedLayer: [output channel][input channel of its conv group][kernel y][kernel x]. Lanes
/// take consecutive ones of a channel.
struct BaselineLayer {
  const std::int16_t* weights = nullptr;
  int weight_bits = 8;
  Width width = Width::k8;  ///< of activations
  int output_channels = 1;  ///< of all conv groups
  int conv_groups = 1;
  int kernel = 1;           ///< weights of an output channel
  std::int64_t pixels = 1;  ///< output pixels, all images
};

struct BaselineCycles {
  std::int64_t cycles = 0;
  std::int64_t steps = 0;
  /// PE cycles from the first cycle of a step to the last of its slowest PE, of the PEs that have a channel
  /// and a pixel in it. In the rest of cycles x rows x columns there is nothing to do, or nothing yet.
  std::int64_t used_pe_cycles = 0;
  /// Those that the PEs need themselves; the rest of used_pe_cycles waits for slower PEs.
  std::int64_t pe_cycles = 0;
  /// What lanes add, one by one: products, activations, pairs of terms, as the kind has them.
  std::int64_t terms = 0;
};

/// Cycles in which the buffers deliver a step of so many rows, columns and lanes, the fewest it can last.
int delivery_cycles(const Baseline& baseline, const BaselineLayer& layer, int rows, int columns, int lanes);

/// Not for kinds that need activations. Throws ConfigError as check() does.
BaselineCycles layer_cycles(const Baseline& baseline, const BaselineLayer& layer);

/// For all kinds. `activations`: [conv group][k][pixel], k as the weights of a channel.
BaselineCycles layer_cycles(const Baseline& baseline, const BaselineLayer& layer,
                            const std::vector<std::int16_t>& activations);

}  // namespace bitbalance::baselines
