// Laconic (ISCA 2019): the terms of weight x activation, one a cycle and lane. Each lane walks its own pairs
// of terms.
#include <numeric>

#include "base/vector_clones.h"
#include "hw/baselines/baseline_kind.h"
#include "hw/baselines/group_cycles.h"
#include "hw/baselines/stepping_pe.h"

namespace bitbalance::baselines {
namespace {

std::vector<std::uint8_t> term_counts(const std::int16_t* values, std::size_t count, TokenForm form) {
  std::vector<std::uint8_t> counts(count);
  for (std::size_t i = 0; i < count; ++i)
    counts[i] = static_cast<std::uint8_t>(__builtin_popcount(token_mask(values[i], form).ones));
  return counts;
}

/// Raises the cycles of neighbouring PEs of a row by one lane: the terms of its weight x those of each
/// activation, at most 15 x 15.
BITBALANCE_VECTOR_CLONES
void raise_by_lane(std::uint8_t weight_terms, const std::uint8_t* activation_terms, int columns,
                   std::uint8_t* cycles) {
  for (int c = 0; c < columns; ++c)
    cycles[c] = std::max(cycles[c], static_cast<std::uint8_t>(weight_terms * activation_terms[c]));
}

/// Every term of a weight meets every term of the activations on its lane.
std::int64_t terms_of(const BaselineLayer& layer, const std::vector<std::uint8_t>& weight_terms,
                      const std::vector<std::uint8_t>& activation_terms) {
  const int channels = layer.output_channels / layer.conv_groups;
  std::int64_t terms = 0;
  for (int group = 0; group < layer.conv_groups; ++group) {
    for (int k = 0; k < layer.kernel; ++k) {
      std::int64_t of_weights = 0;
      for (int channel = group * channels; channel < (group + 1) * channels; ++channel)
        of_weights += weight_terms[static_cast<std::size_t>(channel) * layer.kernel + k];
      const auto first = activation_terms.begin() +
                         static_cast<std::ptrdiff_t>((std::int64_t{group} * layer.kernel + k) * layer.pixels);
      terms += of_weights *
               std::accumulate(first, first + static_cast<std::ptrdiff_t>(layer.pixels), std::int64_t{0});
    }
  }
  return terms;
}

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

class Laconic final : public BaselineKind {
 public:
  Laconic() noexcept : BaselineKind("laconic", {2019, 6}, 16) {}

  bool needs_activations() const override { return true; }
  BaselineCycles cycles(const Baseline& baseline, const BaselineLayer& layer,
                        const std::vector<std::int16_t>& activations) const override {
    const auto weight_terms = term_counts(
        layer.weights, static_cast<std::size_t>(layer.output_channels) * layer.kernel, baseline.terms);
    const auto activation_terms = term_counts(activations.data(), activations.size(), baseline.terms);
    std::vector<std::uint8_t> own(static_cast<std::size_t>(baseline.columns));
    BaselineCycles result;
    result.terms = terms_of(layer, weight_terms, activation_terms);
    for_row_groups(baseline, layer, [&](int conv_group, int first, int end) {
      for (std::int64_t pixel = 0; pixel < layer.pixels; pixel += baseline.columns) {
        const auto columns = static_cast<int>(std::min<std::int64_t>(baseline.columns, layer.pixels - pixel));
        for (int k = 0; k < layer.kernel; k += baseline.lanes) {
          const int lanes = std::min(baseline.lanes, layer.kernel - k);
          int slowest = 0;
          for (int channel = first; channel < end; ++channel) {
            std::fill(own.begin(), own.end(), std::uint8_t{1});
            for (int lane = k; lane < k + lanes; ++lane) {
              const std::int64_t row = std::int64_t{conv_group} * layer.kernel + lane;
              raise_by_lane(weight_terms[static_cast<std::size_t>(channel) * layer.kernel + lane],
                            &activation_terms[row * layer.pixels + pixel], columns, own.data());
            }
            slowest = std::max<int>(slowest, *std::max_element(own.begin(), own.begin() + columns));
            result.pe_cycles += std::accumulate(own.begin(), own.begin() + columns, std::int64_t{0});
          }
          result.cycles += std::max(slowest, delivery_cycles(baseline, layer, end - first, columns, lanes));
          result.used_pe_cycles += std::int64_t{slowest} * (end - first) * columns;
          ++result.steps;
        }
      }
    });
    return result;
  }
  std::unique_ptr<SteppingPe> make_pe(const Baseline& b, const BaselineLayer& layer) const override {
    return std::make_unique<LaconicPe>(b.lanes, layer.weight_bits, b.terms);
  }
  Structure structure(const Baseline& b, const BaselineWidths& widths) const override {
    // Exponents are added, decoded and counted by position; the counts, each a digit of a sum, are then added
    // as stages(lanes) + 2 numbers side by side.
    // The bits of an activation's lane have room for its signed digits: one of them was the sign's.
    const int activation = lane_bits(widths.width), magnitude_bits = widths.weight_bits - 1;
    const int weight_positions = term_positions(b.terms, magnitude_bits);
    const int positions = weight_positions + activation - 1;
    const int count_bits = stages(b.lanes) + 2;
    // Of a position: positive and negative terms, and their difference, which has registers: too slow
    // without.
    const Logic counter = carry_saves(2.0 * counter_bits(b.lanes)) + adders(count_bits);
    // Two positions added, decoded, and apart by sign.
    const Logic exponents = adders(stages(positions)) + gates(3.0 * positions);
    Structure s(b.lanes, widths);
    s.term = {double(b.lanes), exponents + (double(positions) / b.lanes) * counter,
              exponents + (1.0 / b.lanes) * counter};
    s.sum_bits = positions + count_bits;
    s.tree = adder_tree(count_bits, s.sum_bits);
    s.shared = registers(double(count_bits) * positions);
    // Each lane has both masks, and the next term of both.
    const int masks = weight_positions + activation;
    const Logic next = leading_one(weight_positions) + leading_one(activation) +
                       recoder(b.terms, magnitude_bits) + recoder(b.terms, activation);
    s.pair = {double(b.lanes), held_registers(masks) + next, registers(masks) + next};
    s.clocked_bits = double(b.lanes) * masks;
    return s;
  }
};

const Laconic laconic;

}  // namespace
}  // namespace bitbalance::baselines
