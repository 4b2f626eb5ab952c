// Bit-parallel: a full multiplier a lane, a product a cycle.
#include "base/vector_clones.h"
#include "hw/baselines/group_cycles.h"
#include "hw/baselines/stepping_pe.h"
#include "hw/baselines/weight_timed_kind.h"

namespace bitbalance::baselines {
namespace {

BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_nonzero(const std::int16_t* weights, int count) {
  return sum_of([](std::int16_t weight) { return static_cast<std::uint16_t>(weight != 0 ? 1 : 0); }, weights,
                count);
}

class DensePe final : public LoadedPe {
 public:
  using LoadedPe::LoadedPe;
  bool clock() override {
    for (int lane = 0; lane < lanes_; ++lane) {
      sum_ += std::int64_t{weight_[lane]} * activation_[lane];
      terms_ += weight_[lane] != 0 ? 1 : 0;
    }
    return false;
  }

 private:
  void start() override {}
};

class Dense final : public WeightTimedKind {
 public:
  Dense() noexcept : WeightTimedKind("dense", {0, 0}, 16) {}

  std::unique_ptr<SteppingPe> make_pe(const Baseline& b, const BaselineLayer& layer) const override {
    return std::make_unique<DensePe>(b.lanes, layer.weight_bits);
  }
  Structure structure(const Baseline& b, const BaselineWidths& widths) const override {
    const int activation = lane_bits(widths.width), product = activation + widths.weight_bits;
    Structure s(b.lanes, widths);
    s.term = block(b.lanes, multiplier(activation, widths.weight_bits));
    s.shared = registers(double(b.lanes) * product);  // without them too slow: docs/verilog.md, "Size"
    s.set_tree(b.lanes, product);
    return s;
  }

 protected:
  void raise_to_group_cycles(const Baseline& b, const BaselineLayer& layer, const std::int16_t* /*weights*/,
                             std::uint16_t* cost) const override {
    raise_all_groups(1, b.lanes, layer.kernel, cost);
  }
  std::int64_t channel_terms(const Baseline& /*baseline*/, const BaselineLayer& layer,
                             const std::int16_t* weights) const override {
    return sum_of_nonzero(weights, layer.kernel);
  }
};

const Dense dense;

}  // namespace
}  // namespace bitbalance::baselines
