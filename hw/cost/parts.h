// What hardware is made of: adder bits, multiplexer bits, flip-flops, SRAM banks. Widths and counts only,
// the same for every accelerator; prices.h has the joules and square millimetres.
#pragma once

#include <vector>

#include "base/bits.h"
#include "hw/cost/sram.h"
#include "hw/isa/width.h"

namespace bitbalance::cost {

/// An amount of logic: what exists, or what an action switches.
struct Logic {
  double adder_bits = 0;       ///< of adders that propagate carries
  double mux_bits = 0;         ///< two-way multiplexer bits: a shifter of n bits and s stages has n s
  double carry_save_bits = 0;  ///< full adders of trees and multipliers, in front of a last adder
  double gates = 0;            ///< two inputs
  double register_bits = 0;    ///< flip-flops; of an action: those that take new data

  Logic& operator+=(const Logic& o);
  friend Logic operator+(Logic a, const Logic& b) { return a += b; }
  friend Logic operator*(double n, Logic logic);
};

struct Parts {
  Logic logic;
  /// Of logic.register_bits, those clocked in every cycle; the others by actions.
  double free_running_bits = 0;
  std::vector<SramArray> srams;
};

/// What one action uses. Multiplexers and gates that stand still while it lasts, as those that hold a
/// register, clear a sum or choose a width, are no part of it. SRAM accesses are to the banks of its
/// component's first array.
struct ActionUse {
  Logic logic;
  /// False: the registers are free-running, their clock is counted by the cycle.
  bool clocks_registers = true;
  double sram_reads = 0;
  double sram_writes = 0;
  double clocked_bits = 0;  ///< flip-flops that see the clock's edge and keep what they hold
};

inline Logic adders(double bits) {
  return {bits, 0, 0, 0, 0};
}
inline Logic muxes(double bits) {
  return {0, bits, 0, 0, 0};
}
inline Logic carry_saves(double bits) {
  return {0, 0, bits, 0, 0};
}
inline Logic gates(double count) {
  return {0, 0, 0, count, 0};
}
inline Logic registers(double bits) {
  return {0, 0, 0, 0, bits};
}
/// Registers that keep their value but for the cycles in which they are told to take another: by a
/// multiplexer.
inline Logic held_registers(double bits) {
  return {0, bits, 0, 0, bits};
}
/// Passes `bits` or their complement. An exclusive or costs what a multiplexer does, not what an AND does.
inline Logic negation(double bits) {
  return muxes(bits);
}
/// A tree that sums `rows` numbers, all with their sign up to `bits`, to one. Each carry-save adder takes a
/// bit away until two rows are left. `missing`: bits that the rows do not have, all together. `ones`: more
/// bits, as those that complete negated rows.
inline Logic adder_tree(int rows, int bits, int missing = 0, int ones = 0) {
  if (rows < 2) return {};
  return adders(bits) + carry_saves(rows > 2 ? (rows - 2.0) * bits - missing + ones : 0);
}
/// n x m bits: m rows of n gates. Row i begins at bit i, so it lacks the bits below.
inline Logic multiplier(int n, int m) {
  return gates(double(n) * m) + adder_tree(m, n + m, m * (m - 1) / 2);
}

inline constexpr int kNarrowLaneBits = 9;  ///< signed or unsigned 8 bit
inline constexpr int kWideLaneBits = 16;
constexpr int lane_bits(Width width) {
  return width == Width::k16 ? kWideLaneBits : kNarrowLaneBits;
}

/// Stages of a multiplexer tree, or bits of an index: log2, rounded up.
constexpr int stages(int choices) {
  return index_bits(static_cast<std::uint64_t>(choices));
}

/// `bits` of a word from any of its first 2^steps places on: the largest step first, so that each stage is
/// only as wide as what the later ones need.
inline Logic window(int bits, int steps) {
  return muxes(double(steps) * (bits - 1) + (1 << steps) - 1);
}

/// Finds and removes the leading one of `bits`.
inline Logic leading_one(int bits) {
  return gates(double(bits) * stages(bits));
}

/// Multiplexer bits of a left shift of `bits` by 0 to 2^stages - 1: each stage is as wide as what can come
/// out of it.
constexpr int widening_shifter(int bits, int shift_stages) {
  int muxes = 0;
  for (int stage = 0, width = bits; stage < shift_stages; ++stage) {
    width += 1 << stage;
    muxes += width;
  }
  return muxes;
}

}  // namespace bitbalance::cost
