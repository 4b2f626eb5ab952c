#include "hw/cost/prices.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text/config_error.h"
#include "base/text/enum_index.h"

namespace bitbalance::cost {
namespace {

constexpr double kMm2PerUm2 = 1e-6;
constexpr int kBitsPerByte = 8;

const Technology& checked(const Technology& technology) {
  check(technology);
  return technology;
}

}  // namespace

Logic& Logic::operator+=(const Logic& o) {
  adder_bits += o.adder_bits;
  mux_bits += o.mux_bits;
  carry_save_bits += o.carry_save_bits;
  gates += o.gates;
  register_bits += o.register_bits;
  return *this;
}

Logic operator*(double n, Logic logic) {
  logic.adder_bits *= n;
  logic.mux_bits *= n;
  logic.carry_save_bits *= n;
  logic.gates *= n;
  logic.register_bits *= n;
  return logic;
}

PriceList::LogicFigures::LogicFigures(const Technology& t, Constant LogicBlock::*figure)
    : adder_bit(scaled(t.logic.adder.*figure, t) / t.logic.adder.bits),
      mux_bit(scaled(t.logic.shifter.*figure, t) / (t.logic.shifter.bits * std::log2(t.logic.shifter.bits))),
      gate(scaled(t.logic.gates.*figure, t) / t.logic.gates.bits),
      carry_save_bit((scaled(t.logic.carry_save.block.*figure, t) - t.logic.carry_save.gates * gate -
                      t.logic.carry_save.adder_bits * adder_bit) /
                     t.logic.carry_save.block.bits) {}

double PriceList::LogicFigures::of(const Logic& logic) const {
  return adder_bit * logic.adder_bits + mux_bit * logic.mux_bits + carry_save_bit * logic.carry_save_bits +
         gate * logic.gates;
}

PriceList::PriceList(const Technology& t)
    : energy_pj_(checked(t), &LogicBlock::energy),
      area_um2_(t, &LogicBlock::area),
      leakage_mw_(t, &LogicBlock::leakage),
      layout_(scaled(t.layout.energy, t)),
      density_(scaled(t.layout.density, t)),
      register_clock_pj_(scaled(t.logic.register_bit.clock, t)),
      register_data_pj_(scaled(t.logic.register_bit.data, t)),
      register_area_um2_(scaled(t.logic.register_bit.area, t)),
      register_leakage_mw_(scaled(t.logic.register_bit.leakage, t)),
      sram_energy_(energy_scale(t, t.sram.node_nm, t.sram.voltage_v)),
      sram_area_(area_scale(t, t.sram.node_nm)),
      dram_byte_pj_(kBitsPerByte * scaled(t.dram.energy_per_bit[enum_index(t.dram.type)], t)),
      null_slot_share_(scaled(t.layout.null_slot_share, t)) {
  sram_.push_back({{}, SramModel(t.sram.points)});
  for (const SramMacros& macros : t.sram.more_ports)
    sram_.push_back({macros.ports, SramModel(macros.points)});
}

SramFigures PriceList::bank(const SramArray& array) const {
  const auto found = std::find_if(sram_.begin(), sram_.end(),
                                  [&](const MacroModel& macros) { return macros.ports == array.ports; });
  if (found != sram_.end()) return found->model.bank(array.bytes, array.bits);
  throw ConfigError(
      "technology", "sram.more_ports",
      fmt::format("no macros with {} read and {} write ports", array.ports.reads, array.ports.writes),
      "more_ports with such, or accelerator.sram_ports: shared");
}

ComponentArea PriceList::area(const Parts& parts) const {
  ComponentArea area;
  area.logic_mm2 =
      (area_um2_.of(parts.logic) + parts.logic.register_bits * register_area_um2_) * kMm2PerUm2 / density_;
  for (const SramArray& array : parts.srams) area.sram_mm2 += array.banks * bank(array).area_mm2 * sram_area_;
  return area;
}

double PriceList::leakage_mw(const Parts& parts) const {
  double sum = leakage_mw_.of(parts.logic) + parts.logic.register_bits * register_leakage_mw_;
  for (const SramArray& array : parts.srams) sum += array.banks * bank(array).leakage_mw;
  return sum;
}

double PriceList::clock_pj(const Parts& parts) const {
  return parts.free_running_bits * register_clock_pj_ * layout_;
}

double PriceList::action_pj(const ActionUse& use, const Parts& parts) const {
  const double register_pj = register_data_pj_ + (use.clocks_registers ? register_clock_pj_ : 0);
  const double logic_pj = (energy_pj_.of(use.logic) + use.logic.register_bits * register_pj +
                           use.clocked_bits * register_clock_pj_) *
                          layout_;
  if (use.sram_reads == 0 && use.sram_writes == 0) return logic_pj;
  const SramFigures memory = bank(parts.srams.front());
  return logic_pj + (use.sram_reads * memory.read_pj + use.sram_writes * memory.write_pj) * sram_energy_;
}

}  // namespace bitbalance::cost
