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
  double adder_bits = 0;
  double mux_bits = 0;              ///< two-way multiplexer bits: a shifter of n bits and s stages has n s
  double multiplier_bit_pairs = 0;  ///< an n x m multiplier has n m
  double gates = 0;                 ///< two inputs
  double register_bits = 0;         ///< flip-flops; of an action: those that take new data

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

/// SRAM accesses of one action, to the banks of its component's first array.
struct ActionUse {
  Logic logic;
  /// False: the registers are free-running, their clock is counted by the cycle.
  bool clocks_registers = true;
  double sram_reads = 0;
  double sram_writes = 0;
};

inline constexpr int kNarrowLaneBits = 9;  ///< signed or unsigned 8 bit
inline constexpr int kWideLaneBits = 16;
constexpr int lane_bits(Width width) {
  return width == Width::k16 ? kWideLaneBits : kNarrowLaneBits;
}

/// Stages of a multiplexer tree, or bits of an index: log2, rounded up.
constexpr int stages(int choices) {
  return index_bits(static_cast<std::uint64_t>(choices));
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
