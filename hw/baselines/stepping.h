// For tests: the arrays of the baselines clock by clock, PE by PE: what the cycle models are tested equal to,
// and shown to compute nothing else than the convolution.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/baselines/baseline.h"
#include "hw/baselines/layer_cycles.h"

namespace bitbalance::baselines {

struct SteppedLayer {
  BaselineCycles cycles;
  std::vector<std::int64_t> sums;  ///< [output channel][pixel]
};

/// Steps every PE of the array through the layer. `activations`: [conv group][k][pixel].
SteppedLayer step_layer(const Baseline& baseline, const BaselineLayer& layer,
                        const std::vector<std::int16_t>& activations);

}  // namespace bitbalance::baselines
