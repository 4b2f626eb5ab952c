// What a run cost: energy by layer, component and action, area by component, and the figures of merit.
#pragma once

#include <string>
#include <vector>

#include "base/quotient.h"
#include "hw/cost/cost_model.h"
#include "testbench/report/names.h"

namespace bitbalance::report {

struct ActionRecord;

struct LayerCost {
  std::string name;
  Work work;
  EnergyReport energy;
};

struct CostReport {
  std::string technology;       ///< process and voltage that were costed
  std::string technology_name;  ///< of the constants
  DramType dram = DramType::kLpddr4;
  std::string memory_type;  ///< of the run's timed memory; empty: it had none
  int frames = 0;
  double seconds = 0;          ///< of the accelerator, all frames
  double clock_hz = 0;         ///< of the run
  ClockCeiling highest_clock;  ///< that the process allows
  std::vector<LayerCost> layers;
  EnergyReport total;
  AreaReport area;

  double core_j_per_frame() const { return quotient(total.core_j(), frames); }
  double dram_j_per_frame() const { return quotient(total.dram_j(), frames); }
  /// Core and DRAM together.
  double frames_per_j() const { return quotient(frames, total.core_j() + total.dram_j()); }
  double frames_per_j_core() const { return quotient(frames, total.core_j()); }
  double frames_per_s_per_mm2() const { return quotient(quotient(frames, seconds), area.total_mm2()); }
};

/// Throws ConfigError when the technology or the accelerator is invalid.
CostReport cost_of(const ActionRecord& record, const Technology& technology);

/// A line if the clock is above what the process allows, or nothing. `technology`: process and voltage.
std::string clock_note(double clock_hz, const ClockCeiling& highest, const std::string& technology);

/// Two lines for the table of a run, and one more each if its clock is above what the process allows and if
/// its memory is of another type than the DRAM that is costed.
std::string cost_summary(const CostReport& report);
/// Energy of a frame by component (actions, clock, leakage) and layer, and area.
std::string cost_table(const CostReport& report);
/// energy.csv: one line for each layer, component and action, clock and leakage among them.
std::string energy_csv(const CostReport& report);

}  // namespace bitbalance::report
