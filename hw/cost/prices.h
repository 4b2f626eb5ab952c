// A technology's price of logic, registers and SRAM in its target process: what turns parts into area and
// leakage, and uses of parts into joules. One for all accelerators.
#pragma once

#include "hw/cost/parts.h"
#include "hw/cost/technology.h"

namespace bitbalance::cost {

struct ComponentArea {
  double logic_mm2 = 0;
  double sram_mm2 = 0;
  double total_mm2() const { return logic_mm2 + sram_mm2; }
};

class PriceList {
 public:
  /// Throws std::invalid_argument as check(technology) does.
  explicit PriceList(const Technology& technology);

  ComponentArea area(const Parts& parts) const;
  double leakage_mw(const Parts& parts) const;
  /// Of the free-running registers, a cycle.
  double clock_pj(const Parts& parts) const;
  /// `parts`: of the component that acts; its first array is the one accessed.
  double action_pj(const ActionUse& use, const Parts& parts) const;
  double dram_byte_pj() const { return dram_byte_pj_; }
  /// Energy of a lane that has nothing to add, as a share of one that has; clocks apart.
  double null_slot_share() const { return null_slot_share_; }

 private:
  /// A figure of each kind of logic, per unit of Logic.
  struct LogicFigures {
    LogicFigures(const Technology& t, Constant LogicBlock::*figure);
    /// Registers apart.
    double of(const Logic& logic) const;
    double adder_bit, mux_bit, gate, carry_save_bit;
  };

  struct MacroModel {
    Ports ports;
    SramModel model;
  };
  /// Throws ConfigError: the technology has no macros with such ports.
  SramFigures bank(const SramArray& array) const;

  LogicFigures energy_pj_, area_um2_, leakage_mw_;
  double layout_, density_;
  double register_clock_pj_, register_data_pj_, register_area_um2_, register_leakage_mw_;
  std::vector<MacroModel> sram_;    ///< those with one port first
  double sram_energy_, sram_area_;  ///< from the table's process to the target
  double dram_byte_pj_, null_slot_share_;
};

}  // namespace bitbalance::cost
