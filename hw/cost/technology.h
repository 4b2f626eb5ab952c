// The constants that turn actions into joules and parts into square millimetres, each with its unit, the
// process it was measured in, its source and the rule that carries it to the target process. Values come from
// a technology file (scenarios/technology); nothing is built in.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "hw/cost/names.h"
#include "hw/isa/config.h"

namespace bitbalance::cost {

enum class Quantity { kEnergy, kEnergyPerBit, kArea, kPower, kRatio };

enum class Unit {
  kFemtojoule,
  kPicojoule,
  kNanojoule,
  kFemtojoulePerBit,
  kPicojoulePerBit,
  kNanojoulePerBit,
  kSquareMicrometre,
  kSquareMillimetre,
  kNanowatt,
  kMicrowatt,
  kMilliwatt,
  kRatio,
  kCount
};
const char* to_string(Unit unit);
Quantity quantity(Unit unit);
/// One `unit` in the unit that the model computes in: pJ, pJ/bit, um2, mW or 1.
double in_base_unit(Unit unit);

/// How a constant gets from the process of its source to the target.
enum class ScalingRule {
  kNone,    ///< as it is
  kEnergy,  ///< by the ratio of the energy factors of both processes at both voltages
  kArea,    ///< by the ratio of the area factors of both processes
};
const char* to_string(ScalingRule rule);

struct Constant {
  double value = 0;
  Unit unit = Unit::kRatio;
  double node_nm = 0;  ///< process and voltage of the source; 0: not stated, and not scaled
  double voltage_v = 0;
  ScalingRule scaling = ScalingRule::kNone;
  std::string source;
};

/// A process: energy of a switching event ~ a V^2 + b V + c; area of the same cell relative to 65 nm; delay
/// of a gate ~ a polynomial of V.
struct ProcessNode {
  double node_nm = 0;
  double a = 0, b = 0, c = 0;
  double lowest_v = 0, highest_v = 0;  ///< the voltages that the energy factor holds for
  double area = 0;
  std::vector<double> delay;  ///< factors of V^3, V^2, V and 1; empty: unknown
};

/// Between two nodes factors are interpolated linearly in nm.
struct ProcessScaling {
  std::string source;
  std::vector<ProcessNode> nodes;  ///< largest first
};

/// A combinational block of the source's table; narrower and wider ones scale with its `bits`.
struct LogicBlock {
  static constexpr int kMostBits = 4096;

  int bits = 32;
  Constant energy;  ///< of an operation
  Constant area;
  Constant leakage;
};

/// A tree of carry-save adders: `block.bits` of them, and what else is in the source's block.
struct CarrySaveBlock {
  LogicBlock block;
  int gates = 0;
  int adder_bits = 0;  ///< of the last adder
};

/// A flip-flop.
struct RegisterBit {
  Constant clock;  ///< a clock edge, whatever the data
  Constant data;   ///< new data on top of that
  Constant area;
  Constant leakage;
};

struct LogicTable {
  LogicBlock adder;           ///< n bits: n / bits of it
  LogicBlock shifter;         ///< n two-way multiplexer bits: n / (bits x log2(bits)) of it
  LogicBlock gates;           ///< n two-input gates: n / bits of it
  CarrySaveBlock carry_save;  ///< n carry-save adders: n / bits of it, less its gates and its adder
  RegisterBit register_bit;
};

/// What standard-cell tables leave out.
struct LayoutFactors {
  static constexpr double kLeastDensity = 0.01;

  Constant energy;           ///< after place and route / before: wires, buffers, clock tree
  Constant density;          ///< cell area / layout area of logic: kLeastDensity to 1
  Constant null_slot_share;  ///< energy of a lane without a token or term / of one with it, clocks apart
};

/// One macro of the memory compiler.
struct SramPoint {
  int bytes = 0;
  int bits = 0;  ///< of an access
  double read_pj = 0;
  double write_pj = 0;
  double area_mm2 = 0;
  double leakage_mw = 0;
};

/// Of a macro: so many for each; 0 and 0: one for reads and writes alike.
struct Ports {
  int reads = 0, writes = 0;

  bool operator==(const Ports& o) const { return reads == o.reads && writes == o.writes; }
};

/// Macros of one kind.
struct SramMacros {
  Ports ports;
  std::vector<SramPoint> points;
};

struct SramTable {
  std::string source;
  double node_nm = 0;
  double voltage_v = 0;
  std::vector<SramPoint> points;       ///< with one port
  std::vector<SramMacros> more_ports;  ///< the others
};

enum class DramType { kDdr3, kDdr4, kLpddr, kLpddr4, kHbm2, kCount };
inline constexpr std::size_t kDramTypes = static_cast<std::size_t>(DramType::kCount);
const char* to_string(DramType type);
/// Of all types, in their order.
std::vector<std::string> dram_type_names();

struct DramTable {
  DramType type = DramType::kLpddr4;  ///< the one that is costed
  std::array<Constant, kDramTypes> energy_per_bit;
};

/// The longest stage of each path that a pipeline cuts, in FO4 without the flip-flop: cut into 1, 2...
/// stages. More stages than are listed are as long as the last one; an empty list says nothing.
struct StageDelays {
  std::vector<double> pe, activation_read, multiply, clamp;
};

/// The longest path between two registers, and the delay of an inverter that drives four (FO4).
struct ClockLimit {
  bool is_given = false;
  double stage_fo4 = 0;  ///< of all other paths
  StageDelays stages;
  double fo4_ps = 0;
  double node_nm = 0, voltage_v = 0;  ///< of fo4_ps
  std::string source;
};

struct Technology {
  std::string name;
  double node_nm = 65;  ///< the target
  double voltage_v = 1.1;
  ProcessScaling scaling;
  LogicTable logic;
  LayoutFactors layout;
  SramTable sram;
  DramTable dram;
  ClockLimit clock;
};

/// The parts of check(), for a reader that knows the place of each. All throw ConfigError:
/// the name in a technology file, the value found, what is accepted.
void check(const ProcessScaling& scaling);
void check_process(const ProcessScaling& scaling, double node_nm, double voltage_v);
void check(const Constant& constant, Quantity expected, const ProcessScaling& scaling);
void check(const SramTable& table);
/// The gates and the adder of the block of carry-save adders cost no more than the block.
void check_carry_save(const Technology& technology);
void check(const Technology& technology);

/// The target, for reports: "65 nm, 1.1 V".
std::string process_name(const Technology& technology);
/// The constant in the target process, in base units.
double scaled(const Constant& constant, const Technology& technology);
double energy_scale(const Technology& technology, double from_node_nm, double from_voltage_v);
double area_scale(const Technology& technology, double from_node_nm);
/// What limits the clock.
struct ClockCeiling {
  double hz = 0;         ///< infinite where nothing is said of the clock
  std::string pipeline;  ///< the setting whose stage is the longest, "clamp: 1"; empty: any other path
};
/// The clock that process and pipeline allow. A larger voltage is never slower: where a fit of delays rises
/// again, the least value below it holds.
ClockCeiling highest_clock(const Technology& technology, const PipelineConfig& pipeline);

}  // namespace bitbalance::cost
