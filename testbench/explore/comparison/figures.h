// The figures of one accelerator on one network: what the table, the files and the chart of a comparison
// show.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/quotient.h"
#include "base/text/enum_index.h"
#include "hw/baselines/sizing.h"
#include "hw/cost/cost_model.h"
#include "testbench/explore/comparison/subject.h"

namespace bitbalance::explore {

inline constexpr double kMicrojoulesPerJoule = 1e6;

/// Where the cycles of an array went: a lane's average. All add up to the cycles in which the array computes.
struct ArrayCycles {
  double terms = 0;    ///< lanes add a term (ours: a token)
  double empty = 0;    ///< PEs work, lanes have nothing to add (ours: null slots)
  double waiting = 0;  ///< PEs are done with the step before others
  double unused = 0;   ///< no channel or pixel for a PE, or the buffers deliver too slowly
  double sum() const { return terms + empty + waiting + unused; }
};

struct DesignFigures {
  std::string design;
  WeightSet weights = WeightSet::kFull;
  int rows = 0, columns = 0, lanes = 0;  ///< lanes of a PE
  std::int64_t frames = 0;
  double clock_hz = 0;
  std::int64_t cycles = 0;  ///< of all frames
  ArrayCycles array;
  std::int64_t dram_bytes = 0;
  ComponentEnergies energy{};  ///< of all frames
  AreaReport area;

  double seconds() const { return static_cast<double>(cycles) / clock_hz; }
  double frames_per_s() const { return quotient(static_cast<double>(frames), seconds()); }
  double core_j() const;
  double dram_j() const { return energy[enum_index(Component::kDram)].total_j(); }
  double frames_per_j() const { return quotient(static_cast<double>(frames), core_j() + dram_j()); }
  double frames_per_j_core() const { return quotient(static_cast<double>(frames), core_j()); }
  double frames_per_s_per_mm2() const { return quotient(frames_per_s(), area.total_mm2()); }
  /// Share of all PE cycles in which a PE works for itself, empty lanes included.
  double pe_utilization() const { return quotient(array.terms + array.empty, static_cast<double>(cycles)); }
};

/// What layers have, which need not be the same in all.
struct LayerRange {
  int least = 0, most = 0;
};

struct NetworkComparison {
  std::string scenario;
  SizingRule rule = SizingRule::kEqualLanes;
  bool synthetic_weights = false;
  bool synthetic_images = false;
  LayerRange weight_bits, nnzb;  ///< of the convolutions, limited
  int activation_bits = 0;
  double bytes_per_cycle = 0;
  std::string memory;  ///< name of a timed one; empty: ideal
  double clock_hz = 0;
  ClockCeiling highest_clock;          ///< that the technology allows
  std::string technology;              ///< process and voltage that were costed
  std::string technology_name;         ///< of the constants
  std::string dram_type;               ///< whose energy is costed
  std::vector<DesignFigures> designs;  ///< each with both sets of weights; ours first

  /// Throws std::out_of_range.
  const DesignFigures& of(const std::string& design, WeightSet weights) const;
};

inline constexpr const char* kOurs = "bit-balance";
inline constexpr const char* kOurLean = "bit-balance-lean";
/// Ours by the full timeline of commands instead of the rule that the others are held to.
inline constexpr const char* kOurTimeline = "bit-balance*";

/// The weights that a design is made for: limited for ours, full for the others.
WeightSet own_weights(const std::string& design);

}  // namespace bitbalance::explore
