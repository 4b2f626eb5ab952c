// What a PE of another accelerator, and what stands in front of its row and column, is made of, in the parts
// of hw/cost.
#pragma once

#include "hw/baselines/names.h"
#include "hw/cost/parts.h"
#include "hw/isa/width.h"
#include "quant/ir/token_form.h"

namespace bitbalance::baselines {

/// The widths that an array is built for; it serves no others.
struct BaselineWidths {
  Width width = Width::k8;  ///< of activations
  int weight_bits = 8;
  int accumulator_bits = 32;
};

/// `exists` is there once for each of `count`; `switches` is what one action of it uses.
struct Block {
  double count = 0;
  Logic exists;
  Logic switches;
};

inline Block block(double count, const Logic& logic) {
  return {count, logic, logic};
}

struct Structure {
  /// With the registers that every array has: an activation a lane of a column, and in front of a row two
  /// weights a lane, this step's and the next.
  Structure(int lanes, const BaselineWidths& widths);

  /// The tree sums `inputs` terms of `bits`; `ones`: of the carries that complete negated terms.
  void set_tree(int inputs, int bits, int ones = 0);
  /// The tree's sum goes to the position of the column of bits that it is of, one of `positions`.
  void shift_sum(int positions);

  Block term;        ///< of a PE
  Logic tree;        ///< sums the terms of a PE
  int sum_bits = 0;  ///< of what the tree gives
  Logic shared;      ///< of a PE beside lanes, tree and accumulator
  /// Registers of a PE's pairs that may take data in each of its cycles; others are clocked when a pair
  /// enters.
  double clocked_bits = 0;
  Block pair;        ///< of a PE: what takes a weight and an activation of its own
  Block activation;  ///< of a column: one a lane
  Block weight;      ///< of a row: one a lane
};

/// Counts ones: full adders that turn `inputs` bits into their number.
int counter_bits(int inputs);
/// At which a number of `bits` can have terms: signed digits reach one position higher.
constexpr int term_positions(TokenForm form, int bits) {
  return form == TokenForm::kSignedDigit ? bits + 1 : bits;
}
/// What makes signed digits of `bits`, or nothing.
Logic recoder(TokenForm form, int bits);

}  // namespace bitbalance::baselines
