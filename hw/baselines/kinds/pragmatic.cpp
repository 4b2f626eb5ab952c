// Bit-Pragmatic (MICRO 2017), weight-serial: the terms of each weight, one a cycle and lane.
#include "base/vector_clones.h"
#include "hw/baselines/group_cycles.h"
#include "hw/baselines/stepping_pe.h"
#include "hw/baselines/weight_timed_kind.h"

namespace bitbalance::baselines {
namespace {

/// (3m xor m) has a one for each signed digit of m; 17 bits of it matter.
constexpr std::uint16_t digits(std::uint16_t m) {
  const auto triple = static_cast<std::uint32_t>(3 * m);
  return static_cast<std::uint16_t>((triple ^ m) >> 1);
}

struct MostTerms {
  TokenForm form;
  int operator()(const std::int16_t* w, int lanes) const {
    std::uint16_t most = 1;
    if (form == TokenForm::kBinary) {
      for (int i = 0; i < lanes; ++i) most = std::max(most, ones(magnitude(w[i])));
    } else {
      for (int i = 0; i < lanes; ++i) most = std::max(most, ones(digits(magnitude(w[i]))));
    }
    return most;
  }
};

BITBALANCE_VECTOR_CLONES
void raise(TokenForm form, int lanes, const std::int16_t* weights, int count, std::uint16_t* cost) {
  raise_groups(MostTerms{form}, lanes, weights, count, cost);
}
BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_digits(const std::int16_t* weights, int count) {
  return sum_of([](std::int16_t weight) { return ones(digits(magnitude(weight))); }, weights, count);
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

class Pragmatic final : public WeightTimedKind {
 public:
  Pragmatic() noexcept : WeightTimedKind("pragmatic", {2017, 10}, 16) {}

  std::unique_ptr<SteppingPe> make_pe(const Baseline& b, const BaselineLayer& layer) const override {
    return std::make_unique<PragmaticPe>(b.lanes, layer.weight_bits, b.terms);
  }
  Structure structure(const Baseline& b, const BaselineWidths& widths) const override {
    const int activation = lane_bits(widths.width), magnitude_bits = widths.weight_bits - 1;
    const int positions = term_positions(b.terms, magnitude_bits), term = activation + positions - 1;
    Structure s(b.lanes, widths);
    s.term = block(b.lanes, gates(activation) +  // nothing without a term
                                muxes(widening_shifter(activation, stages(positions))) + negation(term));
    s.set_tree(b.lanes, term, b.lanes);
    s.weight = block(b.lanes, s.weight.exists + leading_one(positions) + recoder(b.terms, magnitude_bits));
    return s;
  }

 protected:
  void raise_to_group_cycles(const Baseline& b, const BaselineLayer& layer, const std::int16_t* weights,
                             std::uint16_t* cost) const override {
    raise(b.terms, b.lanes, weights, layer.kernel, cost);
  }
  std::int64_t channel_terms(const Baseline& b, const BaselineLayer& layer,
                             const std::int16_t* weights) const override {
    return b.terms == TokenForm::kSignedDigit ? sum_of_digits(weights, layer.kernel)
                                              : sum_of_ones(weights, layer.kernel);
  }
};

const Pragmatic pragmatic;

}  // namespace
}  // namespace bitbalance::baselines
