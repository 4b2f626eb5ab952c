#include "testbench/scenario/technology.h"

#include <fmt/format.h>

#include <algorithm>

#include "testbench/scenario/settings/settings_reader.h"

namespace bitbalance::scenario {
namespace {

constexpr int kMostPorts = 16;
constexpr double kLargest = 1e12;  ///< of any constant, in any unit

std::vector<Unit> units_of(Quantity expected) {
  std::vector<Unit> units;
  for (std::size_t u = 0; u < static_cast<std::size_t>(Unit::kCount); ++u) {
    if (quantity(static_cast<Unit>(u)) == expected) units.push_back(static_cast<Unit>(u));
  }
  return units;
}

void show_unit(SettingsVisitor& v, Unit& unit, Quantity expected) {
  const std::vector<Unit> units = units_of(expected);
  std::vector<std::string> names;
  names.reserve(units.size());
  for (const Unit candidate : units) names.emplace_back(to_string(candidate));
  const auto current = std::find(units.begin(), units.end(), unit);
  auto index = static_cast<std::size_t>(current == units.end() ? 0 : current - units.begin());
  v.choice({"unit", "of the value"}, index, names);
  v.required();
  unit = units[index];
}

/// `low` 0: may be unknown.
void show_node(SettingsVisitor& v, double& node_nm, double& voltage_v, double low) {
  v.real({"node_nm", "process"}, node_nm, low, 1000);
  v.required();
  v.real({"voltage_v", "supply"}, voltage_v, low, 10);
  v.required();
}

class TechnologyView {
 public:
  TechnologyView(SettingsVisitor& visitor, Technology& technology) : v_(visitor), t_(technology) {}

  void show() {
    v_.text({"name", "of the constants, in reports"}, t_.name);
    v_.required();
    v_.section({"scaling", "between processes: energy factor a V^2 + b V + c, area relative to 65 nm"},
               [&] { show_scaling(); });
    v_.section({"target", "the process that is costed"}, [&] {
      show_node(v_, t_.node_nm, t_.voltage_v, 0.1);
      v_.checked([&] { check_process(t_.scaling, t_.node_nm, t_.voltage_v); });
    });
    v_.section({"logic", "standard cells"}, [&] { show_logic(); });
    v_.section({"layout", "what standard-cell tables leave out"}, [&] { show_layout(); });
    v_.section({"sram", "memory macros"}, [&] { show_sram(); });
    v_.section({"dram", "outside of the core"}, [&] { show_dram(); });
    v_.optional_section({"clock", "how fast the core may be; a run above it says so"}, t_.clock.is_given,
                        [&] { show_clock(); });
    v_.checked([&] { check(t_); });
  }

 private:
  void constant(const Setting& setting, Constant& c, Quantity expected, double low = 0,
                double high = kLargest) {
    v_.section(setting, [&] {
      v_.real({"value", "as in the source"}, c.value, low, high);
      v_.required();
      show_unit(v_, c.unit, expected);
      show_node(v_, c.node_nm, c.voltage_v, 0);
      v_.choice(
          {"scaling", "rule that carries it to the target"}, c.scaling,
          {to_string(ScalingRule::kNone), to_string(ScalingRule::kEnergy), to_string(ScalingRule::kArea)});
      v_.required();
      v_.text({"source", "where it is from"}, c.source);
      v_.required();
      v_.checked([&] { check(c, expected, t_.scaling); });
    });
  }

  void show_scaling() {
    v_.text({"source", "where the factors are from"}, t_.scaling.source);
    v_.required();
    v_.list(
        {"nodes", "processes, largest first; between two of them factors are interpolated"},
        [&](std::size_t size) { t_.scaling.nodes.resize(size); }, [&] { return t_.scaling.nodes.size(); },
        [&](std::size_t i) {
          ProcessNode& node = t_.scaling.nodes[i];
          v_.real({"node_nm", "process"}, node.node_nm, 1, 1000);
          v_.required();
          v_.real({"a", "of V^2"}, node.a, -100, 100);
          v_.required();
          v_.real({"b", "of V"}, node.b, -100, 100);
          v_.required();
          v_.real({"c", ""}, node.c, -100, 100);
          v_.required();
          v_.real({"lowest_v", "supply for which the energy factor holds ..."}, node.lowest_v, 0.1, 10);
          v_.required();
          v_.real({"highest_v", "... up to this one"}, node.highest_v, 0.1, 10);
          v_.required();
          v_.real({"area", "of the same cell, 1 at 65 nm"}, node.area, 1e-6, 1000);
          v_.required();
          v_.reals({"delay", "of a gate in ps: factors of V^3, V^2, V and 1"}, node.delay, -1e6, 1e6);
          // Here, where it is known which process of the list it is.
          v_.rule(node.highest_v >= node.lowest_v, "highest_v",
                  fmt::format("{}; accepted: {}, which is lowest_v, or more", node.highest_v, node.lowest_v));
          v_.rule(node.delay.empty() || node.delay.size() == 4, "delay",
                  fmt::format("{} factors; accepted: 4, of V^3, V^2, V and 1", node.delay.size()));
        });
    v_.required();
    v_.checked([&] { check(t_.scaling); });
  }

  void block(const Setting& setting, LogicBlock& b) {
    v_.section(setting, [&] {
      v_.integer({"bits", "width of the source's block"}, b.bits, 2, LogicBlock::kMostBits);
      v_.required();
      show_figures(b);
    });
  }

  void show_figures(LogicBlock& b) {
    constant({"energy", "of an operation"}, b.energy, Quantity::kEnergy);
    constant({"area", ""}, b.area, Quantity::kArea);
    constant({"leakage", ""}, b.leakage, Quantity::kPower);
  }

  void show_carry_save() {
    CarrySaveBlock& c = t_.logic.carry_save;
    v_.section(
        {"carry_save", "n carry-save adders cost n / bits of this block, less its gates and its adder"}, [&] {
          v_.integer({"bits", "carry-save adders"}, c.block.bits, 2, LogicBlock::kMostBits);
          v_.required();
          v_.integer({"gates", "beside them"}, c.gates, 0, LogicBlock::kMostBits);
          v_.required();
          v_.integer({"adder_bits", "of the adder after them"}, c.adder_bits, 0, LogicBlock::kMostBits);
          v_.required();
          show_figures(c.block);
        });
    v_.checked([&] { check_carry_save(t_); });
  }

  void show_logic() {
    block({"adder", "n bits cost n / bits of it"}, t_.logic.adder);
    block({"shifter", "n multiplexer bits cost n / (bits x log2 bits) of it"}, t_.logic.shifter);
    block({"gates", "n two-input gates cost n / bits of it"}, t_.logic.gates);
    show_carry_save();
    v_.section({"register_bit", "a flip-flop"}, [&] {
      RegisterBit& r = t_.logic.register_bit;
      constant({"clock", "a clock edge, whatever the data"}, r.clock, Quantity::kEnergy);
      constant({"data", "new data, on top of that"}, r.data, Quantity::kEnergy);
      constant({"area", ""}, r.area, Quantity::kArea);
      constant({"leakage", ""}, r.leakage, Quantity::kPower);
    });
  }

  void show_layout() {
    constant({"energy", "of logic after place and route / before"}, t_.layout.energy, Quantity::kRatio);
    constant({"density", "cell area / layout area of logic"}, t_.layout.density, Quantity::kRatio,
             LayoutFactors::kLeastDensity, 1);
    constant({"null_slot_share", "energy of a lane in a null slot / of a shift-add"},
             t_.layout.null_slot_share, Quantity::kRatio, 0, 1);
  }

  void show_sram() {
    v_.text({"source", "where the macros are from"}, t_.sram.source);
    v_.required();
    show_node(v_, t_.sram.node_nm, t_.sram.voltage_v, 0.1);
    v_.checked([&] { check_process(t_.scaling, t_.sram.node_nm, t_.sram.voltage_v); });
    show_points({"points", "macros with one port"}, t_.sram.points);
    v_.list(
        {"more_ports", "macros with more"}, [&](std::size_t size) { t_.sram.more_ports.resize(size); },
        [&] { return t_.sram.more_ports.size(); },
        [&](std::size_t i) {
          SramMacros& macros = t_.sram.more_ports[i];
          v_.integer({"reads", "ports that read"}, macros.ports.reads, 1, kMostPorts);
          v_.required();
          v_.integer({"writes", "ports that write"}, macros.ports.writes, 1, kMostPorts);
          v_.required();
          show_points({"points", ""}, macros.points);
        });
    v_.checked([&] { check(t_.sram); });
  }

  void show_points(const Setting& setting, std::vector<SramPoint>& points) {
    v_.list(
        setting, [&](std::size_t size) { points.resize(size); }, [&] { return points.size(); },
        [&](std::size_t i) {
          SramPoint& p = points[i];
          v_.integer({"bytes", "capacity"}, p.bytes, 1, 1 << 30);
          v_.required();
          v_.integer({"bits", "of an access"}, p.bits, 1, 1 << 16);
          v_.required();
          figure({"read_pj", "a read"}, p.read_pj);
          figure({"write_pj", "a write"}, p.write_pj);
          figure({"area_mm2", ""}, p.area_mm2);
          figure({"leakage_mw", ""}, p.leakage_mw);
        });
    v_.required();
  }

  void figure(const Setting& setting, double& value) {
    v_.real(setting, value, 0, kLargest);
    v_.required();
  }

  void show_dram() {
    const std::vector<std::string> names = dram_type_names();
    v_.choice({"type", "the one that is costed"}, t_.dram.type, names);
    v_.required();
    for (std::size_t i = 0; i < kDramTypes; ++i) {
      constant({names[i].c_str(), "a bit read or written"}, t_.dram.energy_per_bit[i],
               Quantity::kEnergyPerBit);
    }
  }

  void show_clock() {
    ClockLimit& c = t_.clock;
    v_.real({"stage_fo4", "longest path between registers, in delays of an inverter that drives four (FO4)"},
            c.stage_fo4, 0.1, 1e4);
    v_.required();
    v_.section(
        {"stages", "longest stage of a path that accelerator.pipeline cuts, in FO4: cut into 1, 2..."}, [&] {
          v_.reals({"pe", "shift and add"}, c.stages.pe, 0.1, 1e4);
          v_.reals({"activation_read", "address, crossbars, bank"}, c.stages.activation_read, 0.1, 1e4);
          v_.reals({"multiply", "bias, multiplier, rounding"}, c.stages.multiply, 0.1, 1e4);
          v_.reals({"clamp", "shift, operand, limits"}, c.stages.clamp, 0.1, 1e4);
        });
    v_.real({"fo4_ps", "an FO4"}, c.fo4_ps, 0.01, 1e5);
    v_.required();
    show_node(v_, c.node_nm, c.voltage_v, 0.1);
    v_.text({"source", "where they are from"}, c.source);
    v_.required();
  }

  SettingsVisitor& v_;
  Technology& t_;
};

}  // namespace

void show_technology(SettingsVisitor& v, Technology& technology) {
  TechnologyView(v, technology).show();
}

Technology load_technology(const std::filesystem::path& file, const std::vector<SettingOverride>& overrides,
                           SettingsFiles* files) {
  Technology technology;
  SettingsReader reader(file, overrides, files);
  reader.read([&] { show_technology(reader, technology); });
  return technology;
}

}  // namespace bitbalance::scenario
