// Stripes (MICRO 2016), weight-serial: all bits of a weight in two's complement, one a cycle.
#include "base/vector_clones.h"
#include "hw/baselines/group_cycles.h"
#include "hw/baselines/stepping_pe.h"
#include "hw/baselines/weight_timed_kind.h"

namespace bitbalance::baselines {
namespace {

BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_masked_ones(std::uint16_t mask, const std::int16_t* weights, int count) {
  return sum_of([mask](std::int16_t weight) { return ones(static_cast<std::uint16_t>(weight & mask)); },
                weights, count);
}

/// Bit 0 first; the sign bit is subtracted.
class StripesPe final : public LoadedPe {
 public:
  using LoadedPe::LoadedPe;
  bool clock() override {
    std::int64_t column = 0;
    for (int lane = 0; lane < lanes_; ++lane) {
      if (!weight_bit(lane, position_)) continue;
      column += activation_[lane];
      ++terms_;
    }
    sum_ += shifted(position_ == weight_bits_ - 1 ? -column : column, position_);
    return ++position_ < weight_bits_;
  }

 private:
  void start() override { position_ = 0; }
  int position_ = 0;
};

class Stripes final : public WeightTimedKind {
 public:
  Stripes() noexcept : WeightTimedKind("stripes", {2016, 10}, 16) {}

  std::unique_ptr<SteppingPe> make_pe(const Baseline& b, const BaselineLayer& layer) const override {
    return std::make_unique<StripesPe>(b.lanes, layer.weight_bits);
  }
  Structure structure(const Baseline& b, const BaselineWidths& widths) const override {
    const int activation = lane_bits(widths.width);
    Structure s(b.lanes, widths);
    s.term = block(b.lanes, gates(activation));
    s.set_tree(b.lanes, activation);
    s.shift_sum(widths.weight_bits);
    s.shared += negation(s.sum_bits + widths.weight_bits - 1);
    return s;
  }

 protected:
  void raise_to_group_cycles(const Baseline& b, const BaselineLayer& layer, const std::int16_t* /*weights*/,
                             std::uint16_t* cost) const override {
    raise_all_groups(layer.weight_bits, b.lanes, layer.kernel, cost);
  }
  std::int64_t channel_terms(const Baseline& /*baseline*/, const BaselineLayer& layer,
                             const std::int16_t* weights) const override {
    return sum_of_masked_ones(mask_of(layer.weight_bits), weights, layer.kernel);
  }
};

const Stripes stripes;

}  // namespace
}  // namespace bitbalance::baselines
