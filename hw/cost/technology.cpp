#include "hw/cost/technology.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text/config_error.h"
#include "base/text/enum_index.h"
#include "hw/cost/sram.h"

namespace bitbalance::cost {
namespace {

struct UnitInfo {
  const char* name;
  Quantity quantity;
  double base;
};

const UnitInfo& info(Unit unit) {
  static constexpr std::array<UnitInfo, static_cast<std::size_t>(Unit::kCount)> kUnits = {
      {{"fJ", Quantity::kEnergy, 1e-3},
       {"pJ", Quantity::kEnergy, 1},
       {"nJ", Quantity::kEnergy, 1e3},
       {"fJ/bit", Quantity::kEnergyPerBit, 1e-3},
       {"pJ/bit", Quantity::kEnergyPerBit, 1},
       {"nJ/bit", Quantity::kEnergyPerBit, 1e3},
       {"um2", Quantity::kArea, 1},
       {"mm2", Quantity::kArea, 1e6},
       {"nW", Quantity::kPower, 1e-6},
       {"uW", Quantity::kPower, 1e-3},
       {"mW", Quantity::kPower, 1},
       {"1", Quantity::kRatio, 1}}};
  return kUnits[enum_index(unit)];
}

void require(bool ok, const char* name, double value, const std::string& accepted) {
  bitbalance::require(ok, "technology", name, value, accepted);
}

/// Factors of a process between two nodes of the list.
ProcessNode at(const ProcessScaling& scaling, double node_nm) {
  const auto smaller = std::find_if(scaling.nodes.begin(), scaling.nodes.end(),
                                    [&](const ProcessNode& node) { return node.node_nm <= node_nm; });
  if (smaller->node_nm == node_nm) return *smaller;
  const ProcessNode& larger = *(smaller - 1);
  const double share = (node_nm - smaller->node_nm) / (larger.node_nm - smaller->node_nm);
  const auto between = [&](double low, double high) { return low + share * (high - low); };
  const auto delay_between = [&] {
    std::vector<double> delay(std::min(smaller->delay.size(), larger.delay.size()));
    for (std::size_t i = 0; i < delay.size(); ++i) delay[i] = between(smaller->delay[i], larger.delay[i]);
    return delay;
  };
  return {node_nm,
          between(smaller->a, larger.a),
          between(smaller->b, larger.b),
          between(smaller->c, larger.c),
          between(smaller->lowest_v, larger.lowest_v),
          between(smaller->highest_v, larger.highest_v),
          between(smaller->area, larger.area),
          delay_between()};
}

double energy_factor(const ProcessScaling& scaling, double node_nm, double voltage_v) {
  const ProcessNode node = at(scaling, node_nm);
  return node.a * voltage_v * voltage_v + node.b * voltage_v + node.c;
}

/// Least delay of a gate at any voltage up to this one.
double delay_factor(const ProcessScaling& scaling, double node_nm, double voltage_v) {
  constexpr int kSteps = 100;
  const ProcessNode node = at(scaling, node_nm);
  const auto delay = [&](double v) {
    return ((node.delay[0] * v + node.delay[1]) * v + node.delay[2]) * v + node.delay[3];
  };
  double least = delay(voltage_v);
  for (int i = 0; i < kSteps; ++i)
    least = std::min(least, delay(node.lowest_v + (voltage_v - node.lowest_v) * i / kSteps));
  return least;
}

void check(const ClockLimit& clock, const ProcessScaling& scaling) {
  require(clock.stage_fo4 > 0, "stage_fo4", clock.stage_fo4, "a positive number");
  require(clock.fo4_ps > 0, "fo4_ps", clock.fo4_ps, "a positive number of ps");
  const StageDelays& stages = clock.stages;
  for (const auto* path : {&stages.pe, &stages.activation_read, &stages.multiply, &stages.clamp}) {
    for (const double fo4 : *path) require(fo4 > 0, "stages", fo4, "positive numbers of FO4");
  }
  for (const ProcessNode& node : scaling.nodes) {
    require(node.delay.size() == 4, "delay", static_cast<double>(node.delay.size()),
            fmt::format("factors of V^3, V^2, V and 1 at {} nm: the clock's limit needs them", node.node_nm));
  }
  check_process(scaling, clock.node_nm, clock.voltage_v);
}

void check(const LogicBlock& block, const ProcessScaling& scaling) {
  require(block.bits >= 2 && block.bits <= LogicBlock::kMostBits, "bits", block.bits,
          fmt::format("2 to {}", LogicBlock::kMostBits));
  check(block.energy, Quantity::kEnergy, scaling);
  check(block.area, Quantity::kArea, scaling);
  check(block.leakage, Quantity::kPower, scaling);
}

}  // namespace

const char* to_string(Unit unit) {
  return info(unit).name;
}
Quantity quantity(Unit unit) {
  return info(unit).quantity;
}
double in_base_unit(Unit unit) {
  return info(unit).base;
}

const char* to_string(ScalingRule rule) {
  switch (rule) {
    case ScalingRule::kNone:
      return "none";
    case ScalingRule::kEnergy:
      return "energy";
    case ScalingRule::kArea:
      return "area";
  }
  return "?";
}

std::vector<std::string> dram_type_names() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kDramTypes; ++i) names.emplace_back(to_string(static_cast<DramType>(i)));
  return names;
}

const char* to_string(DramType type) {
  switch (type) {
    case DramType::kDdr3:
      return "ddr3";
    case DramType::kDdr4:
      return "ddr4";
    case DramType::kLpddr:
      return "lpddr";
    case DramType::kLpddr4:
      return "lpddr4";
    case DramType::kHbm2:
      return "hbm2";
    case DramType::kCount:
      break;
  }
  return "?";
}

void check(const ProcessScaling& scaling) {
  require(scaling.nodes.size() >= 2, "nodes", static_cast<double>(scaling.nodes.size()),
          "2 processes or more");
  for (std::size_t i = 0; i < scaling.nodes.size(); ++i) {
    const ProcessNode& node = scaling.nodes[i];
    require(i == 0 || node.node_nm < scaling.nodes[i - 1].node_nm, "nodes", node.node_nm,
            "processes in falling order of node_nm");
    require(node.area > 0, "area", node.area, "a positive number");
    require(node.highest_v >= node.lowest_v, "highest_v", node.highest_v,
            fmt::format("{}, which is lowest_v, or more", node.lowest_v));
  }
}

void check_process(const ProcessScaling& scaling, double node_nm, double voltage_v) {
  const double largest = scaling.nodes.front().node_nm;
  const double smallest = scaling.nodes.back().node_nm;
  require(node_nm >= smallest && node_nm <= largest, "node_nm", node_nm,
          fmt::format("{} to {}, the processes of scaling.nodes", smallest, largest));
  const ProcessNode node = at(scaling, node_nm);
  constexpr double kRounding = 1e-9;  // of an interpolated bound
  require(voltage_v >= node.lowest_v - kRounding && voltage_v <= node.highest_v + kRounding, "voltage_v",
          voltage_v,
          fmt::format("{:.4g} to {:.4g}, the voltages of scaling.nodes at {} nm", node.lowest_v,
                      node.highest_v, node_nm));
  require(energy_factor(scaling, node_nm, voltage_v) > 0, "voltage_v", voltage_v,
          "a voltage at which the energy factor is positive");
}

void check(const Constant& constant, Quantity expected, const ProcessScaling& scaling) {
  require(std::isfinite(constant.value) && constant.value >= 0, "value", constant.value, "0 or more");
  bitbalance::require(quantity(constant.unit) == expected, "technology", "unit", to_string(constant.unit),
                      "a unit of the constant's quantity");
  if (constant.scaling != ScalingRule::kNone) check_process(scaling, constant.node_nm, constant.voltage_v);
}

void check_carry_save(const Technology& t) {
  const CarrySaveBlock& c = t.logic.carry_save;
  for (const auto figure : {&LogicBlock::energy, &LogicBlock::area, &LogicBlock::leakage}) {
    const double gates = scaled(t.logic.gates.*figure, t) * c.gates / t.logic.gates.bits;
    const double adder = scaled(t.logic.adder.*figure, t) * c.adder_bits / t.logic.adder.bits;
    const double block = scaled(c.block.*figure, t);
    require(block >= gates + adder, "carry_save", block,
            fmt::format("{:.4g} or more, which its gates and its adder cost", gates + adder));
  }
}

void check(const Technology& t) {
  check(t.scaling);
  check_process(t.scaling, t.node_nm, t.voltage_v);
  for (const LogicBlock* block :
       {&t.logic.adder, &t.logic.shifter, &t.logic.gates, &t.logic.carry_save.block})
    check(*block, t.scaling);
  check_carry_save(t);
  check(t.logic.register_bit.clock, Quantity::kEnergy, t.scaling);
  check(t.logic.register_bit.data, Quantity::kEnergy, t.scaling);
  check(t.logic.register_bit.area, Quantity::kArea, t.scaling);
  check(t.logic.register_bit.leakage, Quantity::kPower, t.scaling);
  for (const Constant* ratio : {&t.layout.energy, &t.layout.density, &t.layout.null_slot_share})
    check(*ratio, Quantity::kRatio, t.scaling);
  require(t.layout.density.value >= LayoutFactors::kLeastDensity && t.layout.density.value <= 1, "value",
          t.layout.density.value, fmt::format("a density of {} to 1", LayoutFactors::kLeastDensity));
  require(t.layout.null_slot_share.value <= 1, "value", t.layout.null_slot_share.value, "a share of 0 to 1");
  check(t.sram);
  check_process(t.scaling, t.sram.node_nm, t.sram.voltage_v);
  for (const Constant& constant : t.dram.energy_per_bit) check(constant, Quantity::kEnergyPerBit, t.scaling);
  if (t.clock.is_given) check(t.clock, t.scaling);
}

std::string process_name(const Technology& technology) {
  return fmt::format("{} nm, {} V", technology.node_nm, technology.voltage_v);
}

double energy_scale(const Technology& technology, double from_node_nm, double from_voltage_v) {
  return energy_factor(technology.scaling, technology.node_nm, technology.voltage_v) /
         energy_factor(technology.scaling, from_node_nm, from_voltage_v);
}

double area_scale(const Technology& technology, double from_node_nm) {
  return at(technology.scaling, technology.node_nm).area / at(technology.scaling, from_node_nm).area;
}

ClockCeiling highest_clock(const Technology& technology, const PipelineConfig& pipeline) {
  const ClockLimit& clock = technology.clock;
  if (!clock.is_given) return {std::numeric_limits<double>::infinity(), ""};
  double longest_fo4 = clock.stage_fo4;
  std::string longest;
  const auto cut = [&](const char* name, const std::vector<double>& fo4, int stages) {
    if (fo4.empty()) return;
    const double stage_fo4 = fo4[std::min(static_cast<std::size_t>(stages), fo4.size()) - 1];
    if (stage_fo4 <= longest_fo4) return;
    longest_fo4 = stage_fo4;
    longest = fmt::format("{}: {}", name, stages);
  };
  cut("pe", clock.stages.pe, pipeline.pe);
  cut("activation_read", clock.stages.activation_read, pipeline.activation_read);
  cut("multiply", clock.stages.multiply, pipeline.multiply);
  cut("clamp", clock.stages.clamp, pipeline.clamp);
  const double slower = delay_factor(technology.scaling, technology.node_nm, technology.voltage_v) /
                        delay_factor(technology.scaling, clock.node_nm, clock.voltage_v);
  return {1e12 / (longest_fo4 * clock.fo4_ps * slower), longest};
}

double scaled(const Constant& constant, const Technology& technology) {
  const double value = constant.value * in_base_unit(constant.unit);
  switch (constant.scaling) {
    case ScalingRule::kNone:
      break;
    case ScalingRule::kEnergy:
      return value * energy_scale(technology, constant.node_nm, constant.voltage_v);
    case ScalingRule::kArea:
      return value * area_scale(technology, constant.node_nm);
  }
  return value;
}

}  // namespace bitbalance::cost
