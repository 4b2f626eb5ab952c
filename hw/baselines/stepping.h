// The baselines clock by clock: each PE holds its weights and activations as registers, does one cycle's work
// in clock(), and adds up the real sum. What the cycle models are tested equal to, and shown to compute
// nothing else than the convolution.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hw/baselines/baseline.h"
#include "hw/baselines/layer_cycles.h"

namespace bitbalance::baselines {

/// One processing element.
class SteppingPe {
 public:
  virtual ~SteppingPe() = default;

  /// Takes the weights and activations of a step, `lanes` of each.
  virtual void load(const std::int16_t* weights, const std::int16_t* activations) = 0;
  /// One cycle; true while the step needs more. A step takes at least one cycle.
  virtual bool clock() = 0;
  /// Adds the step to the sum. Only after clock() returned false.
  virtual std::int64_t result() const = 0;
  /// Of the step, see BaselineCycles.
  virtual std::int64_t terms() const = 0;
};

std::unique_ptr<SteppingPe> make_pe(const Baseline& baseline, int weight_bits);

struct SteppedLayer {
  BaselineCycles cycles;
  std::vector<std::int64_t> sums;  ///< [output channel][pixel]
};

/// Steps every PE of the array through the layer. `activations`: [conv group][k][pixel].
SteppedLayer step_layer(const Baseline& baseline, const BaselineLayer& layer,
                        const std::vector<std::int16_t>& activations);

}  // namespace bitbalance::baselines
