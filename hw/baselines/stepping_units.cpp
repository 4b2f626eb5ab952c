// The PEs of the baselines, one class each.
#include <algorithm>
#include <array>

#include "hw/baselines/stepping.h"
#include "hw/isa/tokens.h"

namespace bitbalance::baselines {
namespace {

/// Weights and activations of a step.
class LoadedPe : public SteppingPe {
 public:
  LoadedPe(int lanes, int weight_bits)
      : lanes_(lanes),
        weight_bits_(weight_bits),
        weight_(static_cast<std::size_t>(lanes)),
        activation_(weight_) {}

  void load(const std::int16_t* weights, const std::int16_t* activations) final {
    std::copy(weights, weights + lanes_, weight_.begin());
    std::copy(activations, activations + lanes_, activation_.begin());
    sum_ = terms_ = 0;
    start();
  }
  std::int64_t result() const override { return sum_; }
  std::int64_t terms() const final { return terms_; }

 protected:
  virtual void start() = 0;

  static std::int64_t shifted(std::int64_t value, int position) {
    return value * (std::int64_t{1} << position);
  }
  bool weight_bit(int lane, int position) const {  // two's complement
    return ((static_cast<std::uint16_t>(weight_[lane]) >> position) & 1u) != 0;
  }
  std::uint32_t magnitude(int lane) const {
    return static_cast<std::uint32_t>(weight_[lane] < 0 ? -weight_[lane] : weight_[lane]);
  }
  std::int64_t signed_activation(int lane) const {
    return weight_[lane] < 0 ? -std::int64_t{activation_[lane]} : std::int64_t{activation_[lane]};
  }

  int lanes_;
  int weight_bits_;
  std::vector<std::int16_t> weight_, activation_;
  std::int64_t sum_ = 0, terms_ = 0;
};

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

/// The token that stands lowest in a mask, removed from it.
Token pop(TokenMask& mask) {
  const int position = __builtin_ctz(mask.ones);
  const std::uint32_t bit = 1u << position;
  const Token token{(mask.negatives & bit) != 0, static_cast<std::uint8_t>(position)};
  mask.ones &= ~bit;
  return token;
}

class PragmaticPe final : public LoadedPe {
 public:
  PragmaticPe(int lanes, int weight_bits, TokenForm form)
      : LoadedPe(lanes, weight_bits), form_(form), left_(static_cast<std::size_t>(lanes)) {}

  bool clock() override {
    bool more = false;
    for (int lane = 0; lane < lanes_; ++lane) {
      if (left_[lane].ones == 0) continue;
      const Token token = pop(left_[lane]);
      const std::int64_t term = shifted(activation_[lane], token.position);
      sum_ += token.negative ? -term : term;
      ++terms_;
      more = more || left_[lane].ones != 0;
    }
    return more;
  }

 private:
  void start() override {
    for (int lane = 0; lane < lanes_; ++lane) left_[lane] = token_mask(weight_[lane], form_);
  }
  TokenForm form_;
  std::vector<TokenMask> left_;
};

/// Each lane multiplies one term of its weight by one of its activation: an addition of exponents.
class LaconicPe final : public LoadedPe {
 public:
  LaconicPe(int lanes, int weight_bits, TokenForm form)
      : LoadedPe(lanes, weight_bits), form_(form), lane_(static_cast<std::size_t>(lanes)) {}

  bool clock() override {
    bool more = false;
    for (Lane& lane : lane_) {
      if (lane.weight.ones == 0) continue;
      TokenMask weight = lane.weight;
      const Token w = pop(weight), a = pop(lane.activation);
      const std::int64_t term = shifted(1, w.position + a.position);
      sum_ += w.negative != a.negative ? -term : term;
      ++terms_;
      if (lane.activation.ones == 0) {  // the weight's next term meets all of the activation's
        lane.weight = weight;
        lane.activation = lane.all_of_activation;
      }
      more = more || lane.weight.ones != 0;
    }
    return more;
  }

 private:
  struct Lane {
    TokenMask weight, activation, all_of_activation;
  };
  void start() override {
    for (int i = 0; i < lanes_; ++i) {
      Lane& lane = lane_[i];
      lane.weight = token_mask(weight_[i], form_);
      lane.activation = lane.all_of_activation = token_mask(activation_[i], form_);
      if (lane.activation.ones == 0) lane.weight = {};  // nothing to multiply
    }
  }
  TokenForm form_;
  std::vector<Lane> lane_;
};

/// One channel a bit position. Its window of 8 weights starts at its pointer; each cycle it picks the first
/// one in the window and moves the pointer to the second one, or past the window (Bitlet_CheckWindow.v).
class BitletPe final : public LoadedPe {
 public:
  using LoadedPe::LoadedPe;

  bool clock() override {
    bool more = false;
    for (Channel& channel : channel_) {
      if (channel.pointer >= kBitletPairs) continue;
      const std::uint64_t window = (channel.ones >> channel.pointer) & 0xff;
      if (window != 0) {
        channel.sum += signed_activation(channel.pointer + __builtin_ctzll(window));
        ++terms_;
      }
      const std::uint64_t others = window & (window - 1);
      channel.pointer += others != 0 ? __builtin_ctzll(others) : kBitletWindow;
      more = more || channel.pointer < kBitletPairs;
    }
    return more;
  }
  std::int64_t result() const override {
    std::int64_t sum = 0;
    for (std::size_t b = 0; b < channel_.size(); ++b) sum += shifted(channel_[b].sum, static_cast<int>(b));
    return sum;
  }

 private:
  struct Channel {
    int pointer = 0;
    std::uint64_t ones = 0;  ///< of the 64 weights at this position
    std::int64_t sum = 0;
  };

  void start() override {
    channel_.assign(static_cast<std::size_t>(weight_bits_ - 1), {});
    for (std::size_t b = 0; b < channel_.size(); ++b) {
      for (int i = 0; i < kBitletPairs; ++i) channel_[b].ones |= std::uint64_t{(magnitude(i) >> b) & 1u} << i;
    }
  }

  std::vector<Channel> channel_;
};

/// Columns of a group that a PE still has to work on, lowest first.
class ColumnPe : public LoadedPe {
 public:
  using LoadedPe::LoadedPe;
  bool clock() final {
    if (left_ == 0) return false;  // the cycle of a group without a column
    const int position = __builtin_ctz(left_);
    left_ &= left_ - 1;
    add_column(position);
    return left_ != 0;
  }

 protected:
  virtual void add_column(int position) = 0;
  std::uint32_t left_ = 0;
};

class BitWavePe final : public ColumnPe {
 public:
  using ColumnPe::ColumnPe;

 private:
  void start() override {
    left_ = 0;
    for (int lane = 0; lane < lanes_; ++lane) left_ |= magnitude(lane);
  }
  void add_column(int position) override {
    for (int lane = 0; lane < lanes_; ++lane) {
      if (((magnitude(lane) >> position) & 1u) == 0) continue;
      sum_ += shifted(signed_activation(lane), position);
      ++terms_;
    }
  }
};

/// Adds the activations of a column's ones, or subtracts those of its zeros from the sum of all, which an
/// adder tree beside the columns provides.
class BitVertPe final : public ColumnPe {
 public:
  using ColumnPe::ColumnPe;

 private:
  int ones(int position) const {
    int n = 0;
    for (int lane = 0; lane < lanes_; ++lane) n += static_cast<int>(weight_bit(lane, position));
    return n;
  }
  void start() override {
    left_ = 0;
    group_sum_ = 0;
    for (const std::int16_t activation : activation_) group_sum_ += activation;
    for (int b = 0; b < weight_bits_; ++b) {
      if (ones(b) == lanes_) {
        add(group_sum_, b);
      } else if (ones(b) != 0) {
        left_ |= 1u << b;
      }
    }
  }
  void add_column(int position) override {
    const bool few_ones = 2 * ones(position) <= lanes_;
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

}  // namespace

std::unique_ptr<SteppingPe> make_pe(const Baseline& baseline, int weight_bits) {
  switch (baseline.kind) {
    case BaselineKind::kDense:
      return std::make_unique<DensePe>(baseline.lanes, weight_bits);
    case BaselineKind::kStripes:
      return std::make_unique<StripesPe>(baseline.lanes, weight_bits);
    case BaselineKind::kPragmatic:
      return std::make_unique<PragmaticPe>(baseline.lanes, weight_bits, baseline.terms);
    case BaselineKind::kLaconic:
      return std::make_unique<LaconicPe>(baseline.lanes, weight_bits, baseline.terms);
    case BaselineKind::kBitlet:
      return std::make_unique<BitletPe>(baseline.lanes, weight_bits);
    case BaselineKind::kBitWave:
      return std::make_unique<BitWavePe>(baseline.lanes, weight_bits);
    case BaselineKind::kBitVert:
      return std::make_unique<BitVertPe>(baseline.lanes, weight_bits);
    case BaselineKind::kCount:
      break;
  }
  return nullptr;
}

}  // namespace bitbalance::baselines
