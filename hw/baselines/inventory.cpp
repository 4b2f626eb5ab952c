#include "hw/baselines/inventory.h"

#include "hw/baselines/layer_cycles.h"

namespace bitbalance::baselines {
namespace {

/// Adders that sum `inputs` of `bits`; each level is a bit wider.
int adder_tree(int inputs, int bits) {
  int sum = 0;
  for (; inputs > 1; inputs -= inputs / 2) sum += inputs / 2 * bits++;
  return sum;
}

Logic adders(double bits) {
  return {bits, 0, 0, 0, 0};
}
Logic muxes(double bits) {
  return {0, bits, 0, 0, 0};
}
Logic gates(double count) {
  return {0, 0, 0, count, 0};
}
Logic registers(double bits) {
  return {0, 0, 0, 0, bits};
}

/// Finds and removes the leading one of `bits`.
Logic leading_one(int bits) {
  return gates(double(bits) * stages(bits) + bits);
}

/// A PE of one kind, and what stands in front of its row and column. `exists` is there once for each of
/// `count`; `switches` is what one action of it uses.
struct Block {
  double count = 0;
  Logic exists;
  Logic switches;
};

Block block(double count, const Logic& logic) {
  return {count, logic, logic};
}

struct Structure {
  Block term;        ///< of a PE
  Logic tree;        ///< sums the terms of a PE
  int sum_bits = 0;  ///< of what the tree gives
  Logic shared;      ///< of a PE beside lanes, tree and accumulator
  Block pair;        ///< of a PE
  Block activation;  ///< of a column: one a lane
  Block weight;      ///< of a row: one a lane
};

/// Shifts a column's sum to the column's position.
Logic column_shift(int sum_bits, int positions) {
  return muxes(widening_shifter(sum_bits, stages(positions)));
}

Structure structure(const Baseline& b, const BaselineWidths& widths) {
  const int lanes = b.lanes;
  const int activation = lane_bits(widths.wide);
  const int weight = widths.weight_bits, magnitude = weight - 1;
  Structure s;
  s.activation = block(lanes, registers(activation));
  s.weight = block(lanes, registers(2.0 * weight));  // this step's and the next
  const auto tree_of = [&s](int inputs, int bits) {
    s.tree = adders(adder_tree(inputs, bits));
    s.sum_bits = bits + stages(inputs);
  };
  const auto recoded = [&](int bits) {
    return b.terms == TokenForm::kSignedDigit ? adders(bits + 1.0) : Logic{};
  };
  switch (b.kind) {
    case BaselineKind::kDense:
      s.term = block(lanes, {0, 0, double(activation) * weight, 0, 0});
      tree_of(lanes, activation + weight);
      break;
    case BaselineKind::kStripes:
      s.term = block(lanes, gates(activation));
      tree_of(lanes, activation);
      s.shared = gates(s.sum_bits) + column_shift(s.sum_bits, weight);
      break;
    case BaselineKind::kPragmatic:
      s.term = block(lanes, gates(activation) + muxes(widening_shifter(activation, stages(magnitude))));
      tree_of(lanes, activation + magnitude - 1);
      s.weight = block(lanes, s.weight.exists + leading_one(magnitude) + recoded(magnitude));
      break;
    case BaselineKind::kLaconic: {
      // Exponents are added, decoded and counted by position; the counts, each a digit of a sum, are then
      // added as stages(lanes) + 2 numbers side by side.
      const int positions = magnitude + activation - 1;
      const int count_bits = stages(lanes) + 2;
      const int counters = adder_tree(lanes, 2);
      const Logic exponents = adders(stages(positions)) + gates(positions + 1.0);
      s.term = {double(lanes), exponents + adders(double(positions) * counters / lanes),
                exponents + adders(double(counters) / lanes)};
      s.tree = adders((count_bits - 1.0) * (positions + count_bits));
      s.sum_bits = positions + count_bits;
      // Each lane walks its own terms: both masks, and the next term of both.
      s.pair = block(lanes, registers(magnitude + activation) + leading_one(magnitude) +
                                leading_one(activation) + recoded(magnitude) + recoded(activation));
      break;
    }
    case BaselineKind::kBitlet: {
      constexpr int kNegators = 16;  // N_input: the activations that arrive a cycle
      const int value = activation + 1, index = stages(kBitletPairs);
      const Logic search = gates(2.0 * kBitletWindow * stages(kBitletWindow)) + adders(2.0 * index + 1) +
                           registers(2.0 * index + 4 + value);
      s.term = {double(magnitude),
                search + muxes(widening_shifter(kBitletWindow, index)) + muxes((kBitletPairs - 1.0) * value),
                search + muxes(double(kBitletWindow) * index) + muxes(double(index) * value)};
      s.sum_bits = value + magnitude;
      s.tree = adders((magnitude - 1.0) * s.sum_bits);  // inputs are shifted by wiring
      const Logic buffers = registers(value + magnitude);
      s.pair = {double(lanes), buffers + (kNegators / double(kBitletPairs)) * gates(2.0 * value),
                buffers + gates(2.0 * value)};
      break;
    }
    case BaselineKind::kBitWave:
      s.term = block(lanes, gates(2.0 * activation));  // sign and bit of the column
      tree_of(lanes, activation);
      s.shared = column_shift(s.sum_bits, magnitude);
      s.weight = block(lanes, s.weight.exists + gates(magnitude));  // a column's ones, or-ed
      break;
    case BaselineKind::kBitVert: {
      const int picks = lanes / 2;
      s.term = {double(picks), muxes(double(picks) * activation),
                muxes(double(stages(picks + 1)) * activation)};
      tree_of(picks, activation);
      s.sum_bits = activation + stages(lanes);
      s.shared = adders(s.sum_bits) + column_shift(s.sum_bits, weight);  // all less the picked
      s.activation =
          block(lanes, registers(activation) + adders(double(adder_tree(lanes, activation)) / lanes));  // all
      // Counts a column's ones, compares with all and none, hands a lane to each pick.
      s.weight = block(lanes, s.weight.exists + adders(weight) + gates(2.0 * weight + picks));
      break;
    }
    case BaselineKind::kCount:
      break;
  }
  return s;
}

}  // namespace

BaselineParts inventory(const Baseline& baseline, const BaselineWidths& widths) {
  const Structure s = structure(baseline, widths);
  const int accumulator = widths.accumulator_bits;
  const Logic pe = s.term.count * s.term.exists + s.pair.count * s.pair.exists + s.tree + s.shared +
                   adders(accumulator) + registers(s.sum_bits) + registers(2.0 * accumulator) +  // and shadow
                   muxes(accumulator);  // the drain's choice of a row
  BaselineParts parts;
  parts.array.logic = double(baseline.rows) * baseline.columns * pe +
                      baseline.columns * s.activation.count * s.activation.exists;
  parts.front_end.logic = baseline.rows * s.weight.count * s.weight.exists;
  return parts;
}

BaselineUses uses(const Baseline& baseline, const BaselineWidths& widths) {
  const Structure s = structure(baseline, widths);
  const double accumulator = widths.accumulator_bits;
  BaselineUses uses;
  // An adder of the tree for each term, and no more for those that are not there.
  uses.term.logic = s.term.switches + (1.0 / terms_per_cycle(baseline, widths.weight_bits)) * s.tree;
  uses.pe_cycle.logic = s.shared + adders(accumulator) + registers(s.sum_bits + accumulator);
  uses.pair.logic = s.pair.switches;
  uses.drain.logic = muxes(accumulator * stages(baseline.rows)) + registers(accumulator);
  uses.activation.logic = s.activation.switches;
  uses.weight.logic = s.weight.switches;
  return uses;
}

}  // namespace bitbalance::baselines
