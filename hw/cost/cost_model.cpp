#include "hw/cost/cost_model.h"

#include <cmath>
#include <numeric>

#include "hw/cost/inventory.h"
#include "hw/cost/sram.h"

namespace bitbalance {
namespace {

constexpr double kJoulePerPicojoule = 1e-12;
constexpr double kWattPerMilliwatt = 1e-3;
constexpr double kMm2PerUm2 = 1e-6;

/// A figure of each kind of logic, per unit of Logic, in the target process.
struct LogicFigures {
  double adder_bit, mux_bit, multiplier_bit_pair, gate;

  LogicFigures(const Technology& t, Constant LogicBlock::*figure)
      : adder_bit(scaled(t.logic.adder.*figure, t) / t.logic.adder.bits),
        mux_bit(scaled(t.logic.shifter.*figure, t) /
                (t.logic.shifter.bits * std::log2(t.logic.shifter.bits))),
        multiplier_bit_pair(scaled(t.logic.multiplier.*figure, t) /
                            (double(t.logic.multiplier.bits) * t.logic.multiplier.bits)),
        gate(scaled(t.logic.gates.*figure, t) / t.logic.gates.bits) {}

  /// Registers apart.
  double of(const Logic& logic) const {
    return adder_bit * logic.adder_bits + mux_bit * logic.mux_bits +
           multiplier_bit_pair * logic.multiplier_bit_pairs + gate * logic.gates;
  }
};

}  // namespace

Work work_of(const LayerProfile& profile, bool wide) {
  return {actions_of(profile.events), profile.cycles, wide};
}

double EnergyReport::component_j(Component component) const {
  const auto index = static_cast<std::size_t>(component);
  double sum = clock_j[index] + leakage_j[index];
  for (std::size_t a = 0; a < kActions; ++a) {
    if (info(static_cast<Action>(a)).component == component) sum += action_j[a];
  }
  return sum;
}

double EnergyReport::core_j() const {
  double sum = 0;
  for (std::size_t c = 0; c < kComponents; ++c) {
    if (static_cast<Component>(c) != Component::kDram) sum += component_j(static_cast<Component>(c));
  }
  return sum;
}

EnergyReport& EnergyReport::operator+=(const EnergyReport& o) {
  for (std::size_t a = 0; a < kActions; ++a) action_j[a] += o.action_j[a];
  for (std::size_t c = 0; c < kComponents; ++c) {
    clock_j[c] += o.clock_j[c];
    leakage_j[c] += o.leakage_j[c];
  }
  return *this;
}

double AreaReport::sram_mm2() const {
  return std::accumulate(component.begin(), component.end(), 0.0,
                         [](double sum, const ComponentArea& area) { return sum + area.sram_mm2; });
}

double AreaReport::total_mm2() const {
  return std::accumulate(component.begin(), component.end(), 0.0,
                         [](double sum, const ComponentArea& area) { return sum + area.total_mm2(); });
}

CostModel::CostModel(const Technology& technology, const AcceleratorConfig& config)
    : clock_hz_(config.clock_hz) {
  check(technology);
  check(config);
  const RegisterBit& flip_flop = technology.logic.register_bit;
  const LogicFigures energy_pj(technology, &LogicBlock::energy);
  const LogicFigures area_um2(technology, &LogicBlock::area);
  const LogicFigures leakage_mw(technology, &LogicBlock::leakage);
  const double layout = scaled(technology.layout.energy, technology);
  const double density = scaled(technology.layout.density, technology);
  const double clock_pj = scaled(flip_flop.clock, technology);
  const double data_pj = scaled(flip_flop.data, technology);
  const SramModel sram(technology.sram);
  const double sram_energy = energy_scale(technology, technology.sram.node_nm, technology.sram.voltage_v);
  const double sram_area = area_scale(technology, technology.sram.node_nm);

  const auto parts = inventory(config);
  std::array<SramFigures, kComponents> bank;  // of the component's array that actions access
  for (std::size_t c = 0; c < kComponents; ++c) {
    const Logic& logic = parts[c].logic;
    clock_pj_[c] = parts[c].free_running_bits * clock_pj * layout;
    leakage_mw_[c] = leakage_mw.of(logic) + logic.register_bits * scaled(flip_flop.leakage, technology);
    area_.component[c].logic_mm2 =
        (area_um2.of(logic) + logic.register_bits * scaled(flip_flop.area, technology)) * kMm2PerUm2 /
        density;
    for (const SramArray& array : parts[c].srams) {
      const SramFigures figures = sram.bank(array.bytes, array.bits);
      leakage_mw_[c] += array.banks * figures.leakage_mw;
      area_.component[c].sram_mm2 += array.banks * figures.area_mm2 * sram_area;
    }
    if (!parts[c].srams.empty())
      bank[c] = sram.bank(parts[c].srams.front().bytes, parts[c].srams.front().bits);
  }

  for (const bool wide : {false, true}) {
    auto& pj = action_pj_[wide ? 1 : 0];
    const auto uses = action_uses(config, wide);
    for (std::size_t a = 0; a < kActions; ++a) {
      const ActionUse& use = uses[a];
      const SramFigures& memory = bank[static_cast<std::size_t>(info(static_cast<Action>(a)).component)];
      const double register_pj = data_pj + (use.clocks_registers ? clock_pj : 0);
      pj[a] = (energy_pj.of(use.logic) + use.logic.register_bits * register_pj) * layout +
              (use.sram_reads * memory.read_pj + use.sram_writes * memory.write_pj) * sram_energy;
    }
    pj[static_cast<std::size_t>(Action::kNullSlot)] = scaled(technology.layout.null_slot_share, technology) *
                                                      pj[static_cast<std::size_t>(Action::kShiftAdd)];
    const Constant& dram = technology.dram.energy_per_bit[static_cast<std::size_t>(technology.dram.type)];
    for (const Action action : {Action::kDramReadByte, Action::kDramWriteByte})
      pj[static_cast<std::size_t>(action)] = 8 * scaled(dram, technology);
  }
}

EnergyReport CostModel::energy(const Work& work) const {
  EnergyReport report;
  for (std::size_t a = 0; a < kActions; ++a) {
    report.action_j[a] = static_cast<double>(work.actions[a]) * action_pj(static_cast<Action>(a), work.wide) *
                         kJoulePerPicojoule;
  }
  const auto cycles = static_cast<double>(work.cycles);
  for (std::size_t c = 0; c < kComponents; ++c) {
    report.clock_j[c] = cycles * clock_pj_[c] * kJoulePerPicojoule;
    report.leakage_j[c] = cycles / clock_hz_ * leakage_mw_[c] * kWattPerMilliwatt;
  }
  return report;
}

}  // namespace bitbalance
