// A baseline whose PEs need as long for a group as its weights say, whatever the activations: then a row's
// cycles are counted once for all pixels.
#pragma once

#include "hw/baselines/baseline_kind.h"

namespace bitbalance::baselines {

class WeightTimedKind : public BaselineKind {
 public:
  using BaselineKind::BaselineKind;

  bool needs_activations() const final { return false; }
  BaselineCycles cycles(const Baseline& baseline, const BaselineLayer& layer,
                        const std::vector<std::int16_t>& activations) const final;

 protected:
  /// Raises cost[i] to the cycles of one PE for group i of a channel's weights, see group_cycles.h.
  /// Precondition: |weight| < 2^(weight_bits - 1).
  virtual void raise_to_group_cycles(const Baseline& baseline, const BaselineLayer& layer,
                                     const std::int16_t* weights, std::uint16_t* cost) const = 0;
  /// BaselineCycles::terms of one pixel, for a channel's weights. Same precondition.
  virtual std::int64_t channel_terms(const Baseline& baseline, const BaselineLayer& layer,
                                     const std::int16_t* weights) const = 0;
};

}  // namespace bitbalance::baselines
