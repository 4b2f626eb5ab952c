// BitWave (HPCA 2024): the bit columns of a group that are not zero, one a cycle; sign-magnitude.
#include "base/vector_clones.h"
#include "hw/baselines/group_cycles.h"
#include "hw/baselines/stepping_pe.h"
#include "hw/baselines/weight_timed_kind.h"

namespace bitbalance::baselines {
namespace {

struct BusyColumns {
  int operator()(const std::int16_t* w, int lanes) const {
    std::uint16_t columns = 0;
    for (int i = 0; i < lanes; ++i) columns = static_cast<std::uint16_t>(columns | magnitude(w[i]));
    return std::max<int>(ones(columns), 1);
  }
};

BITBALANCE_VECTOR_CLONES
void raise_by_columns(int lanes, const std::int16_t* weights, int count, std::uint16_t* cost) {
  raise_groups(BusyColumns{}, lanes, weights, count, cost);
}

class BitWavePe final : public ColumnPe {
 public:
  using ColumnPe::ColumnPe;

 private:
  void start() override {
    left_ = 0;
    for (int lane = 0; lane < lanes_; ++lane) left_ |= weight_magnitude(lane);
  }
  void add_column(int position) override {
    for (int lane = 0; lane < lanes_; ++lane) {
      if (((weight_magnitude(lane) >> position) & 1u) == 0) continue;
      sum_ += shifted(signed_activation(lane), position);
      ++terms_;
    }
  }
};

class BitWave final : public WeightTimedKind {
 public:
  BitWave() noexcept : WeightTimedKind("bitwave", {2024, 3}, 8) {}

  std::unique_ptr<SteppingPe> make_pe(const Baseline& b, const BaselineLayer& layer) const override {
    return std::make_unique<BitWavePe>(b.lanes, layer.weight_bits);
  }
  Structure structure(const Baseline& b, const BaselineWidths& widths) const override {
    const int activation = lane_bits(widths.width), magnitude_bits = widths.weight_bits - 1;
    Structure s(b.lanes, widths);
    s.term = block(b.lanes, gates(activation + 1.0) + negation(activation));  // bit of the column, and sign
    s.set_tree(b.lanes, activation, b.lanes);
    s.shift_sum(magnitude_bits);
    s.weight = block(b.lanes, s.weight.exists + gates(magnitude_bits));  // a column's ones, or-ed
    return s;
  }

 protected:
  void raise_to_group_cycles(const Baseline& b, const BaselineLayer& layer, const std::int16_t* weights,
                             std::uint16_t* cost) const override {
    raise_by_columns(b.lanes, weights, layer.kernel, cost);
  }
  std::int64_t channel_terms(const Baseline& /*baseline*/, const BaselineLayer& layer,
                             const std::int16_t* weights) const override {
    return sum_of_ones(weights, layer.kernel);
  }
};

const BitWave bitwave;

}  // namespace
}  // namespace bitbalance::baselines
