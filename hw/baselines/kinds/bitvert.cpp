// BitVert of BBS (MICRO 2024): bit columns, ones or zeros, whichever are fewer; two's complement.
#include <cstring>

#include "base/text/config_error.h"
#include "base/vector_clones.h"
#include "hw/baselines/group_cycles.h"
#include "hw/baselines/stepping_pe.h"
#include "hw/baselines/weight_timed_kind.h"

namespace bitbalance::baselines {
namespace {

constexpr int kPublishedLanes = 16;

struct MixedColumns {
  /// min(ones, zeros) is at most half of the lanes: 0 cycles where all bits of a column are equal, else 1.
  std::uint16_t weight_mask;
  int operator()(const std::int16_t* w, int lanes) const {
    std::uint16_t any = 0, all = 0xffff;
    for (int i = 0; i < lanes; ++i) {
      const auto bits = static_cast<std::uint16_t>(w[i]);
      any = static_cast<std::uint16_t>(any | bits);
      all = static_cast<std::uint16_t>(all & bits);
    }
    return std::max<int>(ones(static_cast<std::uint16_t>(any & ~all & weight_mask)), 1);
  }
};

BITBALANCE_VECTOR_CLONES
void raise(int weight_bits, int lanes, const std::int16_t* weights, int count, std::uint16_t* cost) {
  raise_groups(MixedColumns{mask_of(weight_bits)}, lanes, weights, count, cost);
}

/// How often the rarer bit of each column occurs in a group, added up: any number of lanes.
std::int64_t rarer_bits(int weight_bits, int lanes, const std::int16_t* w, int count) {
  std::array<int, 16> ones_at{};
  for (int i = 0; i < count; ++i) {
    for (int b = 0; b < weight_bits; ++b) ones_at[b] += (w[i] >> b) & 1;
  }
  std::int64_t sum = 0;
  for (int b = 0; b < weight_bits; ++b) sum += std::min(ones_at[b], lanes - ones_at[b]);
  return sum;
}

/// The same for 16 weights, by carry-save adders: bit b of plane p is bit p of the number of ones in column
/// b. Four weights stand side by side in a word until the last two additions.
inline __attribute__((always_inline)) int rarer_bits_of_16(std::uint64_t mask, const std::int16_t* w) {
  std::array<std::uint64_t, 4> v{};
  std::memcpy(v.data(), w, sizeof v);
  const std::uint64_t half = v[0] ^ v[1], odd = half ^ v[2], pair = (v[0] & v[1]) | (half & v[2]);
  std::uint64_t p1 = odd ^ v[3], p2 = pair ^ (odd & v[3]), p4 = pair & odd & v[3], p8 = 0;
  const auto add_shifted = [&](int bits) {
    const std::uint64_t q1 = p1 >> bits, q2 = p2 >> bits, q4 = p4 >> bits, q8 = p8 >> bits;
    const std::uint64_t c1 = p1 & q1, s2 = p2 ^ q2, c2 = (p2 & q2) | (s2 & c1);
    const std::uint64_t s4 = p4 ^ q4, c4 = (p4 & q4) | (s4 & c2);
    p1 ^= q1;
    p2 = s2 ^ c1;
    p4 = s4 ^ c2;
    p8 ^= q8 ^ c4;  // 16 ones leave none of the planes set, as none do
  };
  add_shifted(32);
  add_shifted(16);
  const auto difference = [&](std::uint64_t plane) {
    return __builtin_popcountll(plane & ~p8 & mask) - __builtin_popcountll(plane & p8 & mask);
  };
  return 8 * __builtin_popcountll(p8 & mask) + difference(p1) + 2 * difference(p2) + 4 * difference(p4);
}

BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_rarer(int weight_bits, int lanes, const std::int16_t* w, int count) {
  std::int64_t sum = 0;
  int begin = 0;
  if (lanes == kPublishedLanes) {
    for (; begin + lanes <= count; begin += lanes) sum += rarer_bits_of_16(mask_of(weight_bits), w + begin);
  }
  for (; begin < count; begin += lanes)
    sum += rarer_bits(weight_bits, lanes, w + begin, std::min(lanes, count - begin));
  return sum;
}

/// Adds the activations of a column's ones, or subtracts those of its zeros from the sum of all, which an
/// adder tree beside the columns provides.
class BitVertPe final : public ColumnPe {
 public:
  using ColumnPe::ColumnPe;

 private:
  int ones_of(int position) const {
    int n = 0;
    for (int lane = 0; lane < lanes_; ++lane) n += static_cast<int>(weight_bit(lane, position));
    return n;
  }
  void start() override {
    left_ = 0;
    group_sum_ = 0;
    for (const std::int16_t activation : activation_) group_sum_ += activation;
    for (int b = 0; b < weight_bits_; ++b) {
      if (ones_of(b) == lanes_) {
        add(group_sum_, b);
      } else if (ones_of(b) != 0) {
        left_ |= 1u << b;
      }
    }
  }
  void add_column(int position) override {
    const bool few_ones = 2 * ones_of(position) <= lanes_;
    std::int64_t picked = 0;
    for (int lane = 0; lane < lanes_; ++lane) {
      if (weight_bit(lane, position) != few_ones) continue;
      picked += activation_[lane];
      ++terms_;
    }
    add(few_ones ? picked : group_sum_ - picked, position);
  }
  void add(std::int64_t column, int position) {
    sum_ += shifted(position == weight_bits_ - 1 ? -column : column, position);
  }

  std::int64_t group_sum_ = 0;
};

class BitVert final : public WeightTimedKind {
 public:
  BitVert() noexcept : WeightTimedKind("bitvert", {2024, 11}, kPublishedLanes) {}

  void check_lanes(int lanes) const override {
    require(lanes % 2 == 0, name(), "lanes", lanes, "an even number");
  }
  int terms_per_cycle(const Baseline& b, int /*weight_bits*/) const override { return b.lanes / 2; }
  std::unique_ptr<SteppingPe> make_pe(const Baseline& b, const BaselineLayer& layer) const override {
    return std::make_unique<BitVertPe>(b.lanes, layer.weight_bits);
  }
  Structure structure(const Baseline& b, const BaselineWidths& widths) const override {
    const int activation = lane_bits(widths.width), weight_bits = widths.weight_bits, picks = b.lanes / 2;
    Structure s(b.lanes, widths);
    s.term = {double(picks), muxes(double(picks) * activation) + gates(activation),
              muxes(double(stages(picks + 1)) * activation) + gates(activation)};
    s.set_tree(picks, activation);
    s.sum_bits = activation + stages(b.lanes);
    s.shared = adders(s.sum_bits) + gates(s.sum_bits) + negation(s.sum_bits);  // all less the picked, or they
    s.shift_sum(weight_bits);
    s.shared += negation(s.sum_bits + weight_bits - 1);
    const Logic all = (1.0 / b.lanes) * adder_tree(b.lanes, s.sum_bits);
    s.activation.exists += all;
    s.activation.switches += all;
    // Counts a column's ones, compares with all and none, hands a lane to each pick.
    s.weight = block(b.lanes, s.weight.exists + adders(weight_bits) + gates(2.0 * weight_bits + picks));
    return s;
  }

 protected:
  void raise_to_group_cycles(const Baseline& b, const BaselineLayer& layer, const std::int16_t* weights,
                             std::uint16_t* cost) const override {
    raise(layer.weight_bits, b.lanes, weights, layer.kernel, cost);
  }
  std::int64_t channel_terms(const Baseline& b, const BaselineLayer& layer,
                             const std::int16_t* weights) const override {
    return sum_of_rarer(layer.weight_bits, b.lanes, weights, layer.kernel);
  }
};

const BitVert bitvert;

}  // namespace
}  // namespace bitbalance::baselines
