// What the components are made of and which parts an action uses: the structure of docs/architecture.md in
// adder bits, multiplexer bits, flip-flops and SRAM banks. Widths and counts only; joules are the cost
// model's.
#pragma once

#include <array>
#include <vector>

#include "hw/core/config.h"
#include "hw/cost/actions.h"
#include "hw/cost/sram.h"

namespace bitbalance {

/// An amount of logic: what exists, or what an action switches.
struct Logic {
  double adder_bits = 0;
  double mux_bits = 0;              ///< two-way multiplexer bits: a shifter of n bits and s stages has n s
  double multiplier_bit_pairs = 0;  ///< an n x m multiplier has n m
  double gates = 0;                 ///< two inputs
  double register_bits = 0;         ///< flip-flops; of an action: those that take new data

  Logic& operator+=(const Logic& o);
  friend Logic operator*(double n, Logic logic);
};

struct Parts {
  Logic logic;
  double free_running_bits =
      0;  ///< of logic.register_bits, those clocked in every cycle; the others by actions
  std::vector<SramArray> srams;
};

/// SRAM accesses of one action, to the banks of its component's first array.
struct ActionUse {
  Logic logic;
  bool clocks_registers =
      true;  ///< false: the registers are free-running, their clock is counted by the cycle
  double sram_reads = 0;
  double sram_writes = 0;
};

/// Of the core; the DRAM has none.
std::array<Parts, kComponents> inventory(const AcceleratorConfig& config);

/// `wide`: 16-bit activations. Null slots and DRAM use none of these parts.
std::array<ActionUse, kActions> action_uses(const AcceleratorConfig& config, bool wide);

}  // namespace bitbalance
