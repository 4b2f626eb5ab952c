#include "hw/cost/cost_model.h"

#include <numeric>

#include "base/text/enum_index.h"
#include "hw/cost/inventory.h"

namespace bitbalance::cost {
namespace {

constexpr double kJoulePerPicojoule = 1e-12;
constexpr double kWattPerMilliwatt = 1e-3;

}  // namespace

Work work_of(const LayerProfile& profile, Width width) {
  return {actions_of(profile.events), profile.cycles, width};
}

ComponentEnergies EnergyReport::components() const {
  ComponentEnergies result{};
  for (std::size_t c = 0; c < kComponents; ++c) result[c] = {0, clock_j[c], leakage_j[c]};
  for (std::size_t a = 0; a < kActions; ++a)
    result[enum_index(info(static_cast<Action>(a)).component)].actions_j += action_j[a];
  return result;
}

double EnergyReport::component_j(Component component) const {
  return components()[enum_index(component)].total_j();
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

void check_macros(const Technology& technology, const AcceleratorConfig& config) {
  const PriceList prices(technology);
  for (const Parts& parts : inventory(config)) prices.area(parts);
}

CostModel::CostModel(const Technology& technology, const AcceleratorConfig& config)
    : clock_hz_(config.clock_hz) {
  const PriceList prices(technology);
  check(config);
  const auto parts = inventory(config);
  for (std::size_t c = 0; c < kComponents; ++c) {
    clock_pj_[c] = prices.clock_pj(parts[c]);
    leakage_mw_[c] = prices.leakage_mw(parts[c]);
    area_.component[c] = prices.area(parts[c]);
  }
  for (const Width width : {Width::k8, Width::k16}) {
    auto& pj = action_pj_[enum_index(width)];
    const auto uses = action_uses(config, width);
    for (std::size_t a = 0; a < kActions; ++a) {
      pj[a] = prices.action_pj(uses[a], parts[enum_index(info(static_cast<Action>(a)).component)]);
    }
    double& null_slot_pj = pj[enum_index(Action::kNullSlot)];
    null_slot_pj += prices.null_slot_share() * (pj[enum_index(Action::kShiftAdd)] - null_slot_pj);
    for (const Action action : {Action::kDramReadByte, Action::kDramWriteByte})
      pj[enum_index(action)] = prices.dram_byte_pj();
  }
}

EnergyReport CostModel::energy(const Work& work) const {
  EnergyReport report;
  for (std::size_t a = 0; a < kActions; ++a) {
    report.action_j[a] = static_cast<double>(work.actions[a]) *
                         action_pj(static_cast<Action>(a), work.width) * kJoulePerPicojoule;
  }
  const auto cycles = static_cast<double>(work.cycles);
  for (std::size_t c = 0; c < kComponents; ++c) {
    report.clock_j[c] = cycles * clock_pj_[c] * kJoulePerPicojoule;
    report.leakage_j[c] = cycles / clock_hz_ * leakage_mw_[c] * kWattPerMilliwatt;
  }
  return report;
}

}  // namespace bitbalance::cost
