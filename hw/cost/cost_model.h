// Energy and area of the accelerator: actions x energy of an action, cycles x (clock + leakage), parts x
// area. Core and DRAM are never added up here.
#pragma once

#include <array>

#include "base/text/enum_index.h"
#include "hw/cost/actions.h"
#include "hw/cost/prices.h"
#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"

namespace bitbalance::cost {

/// What a layer, or a run, did.
struct Work {
  ActionCounts actions{};
  std::int64_t cycles = 0;
  Width width = Width::k8;  ///< of activations
};
Work work_of(const LayerProfile& profile, Width width);

struct ComponentEnergy {
  double actions_j = 0;
  double clock_j = 0;
  double leakage_j = 0;
  double total_j() const { return actions_j + clock_j + leakage_j; }
};
using ComponentEnergies = std::array<ComponentEnergy, kComponents>;

struct EnergyReport {
  std::array<double, kActions> action_j{};
  std::array<double, kComponents> clock_j{};
  std::array<double, kComponents> leakage_j{};

  /// Actions, clock and leakage of a component.
  double component_j(Component component) const;
  ComponentEnergies components() const;
  double core_j() const;
  double dram_j() const { return component_j(Component::kDram); }
  EnergyReport& operator+=(const EnergyReport& o);
};

struct AreaReport {
  std::array<ComponentArea, kComponents> component{};

  double sram_mm2() const;
  double total_mm2() const;
};

/// Throws ConfigError if the technology lacks macros with the ports that the accelerator's memories take.
void check_macros(const Technology& technology, const AcceleratorConfig& config);

class CostModel {
 public:
  /// Throws std::invalid_argument as check() of both does.
  CostModel(const Technology& technology, const AcceleratorConfig& config);

  EnergyReport energy(const Work& work) const;
  const AreaReport& area() const { return area_; }

  double action_pj(Action action, Width width) const {
    return action_pj_[enum_index(width)][enum_index(action)];
  }

 private:
  double clock_hz_;
  std::array<std::array<double, kActions>, 2> action_pj_{};  ///< 8-bit, 16-bit activations
  std::array<double, kComponents> clock_pj_{};
  std::array<double, kComponents> leakage_mw_{};
  AreaReport area_;
};

}  // namespace bitbalance::cost
