// Different bits for different layers under a budget: measures what each setting of each layer costs and what
// it does to the network's output, and chooses.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "quant/method/calibration.h"
#include "testbench/explore/names.h"
#include "testbench/scenario/scenario.h"

namespace bitbalance::explore {

struct BitBudget {
  enum class Unit { kCycles, kBytes, kMicrojoules };
  std::string text;  ///< as it was given
  Unit unit = Unit::kCycles;
  double amount = 0;
  bool percent = false;  ///< of what the scenario's uniform setting costs
};

/// "cycles=150000", "bytes=60000", "energy_uj=3.5", each also as in "cycles=80%". Throws SettingsError.
BitBudget parse_budget(const std::string& text);

struct Allocation {
  std::vector<LayerOverride> layers;
  double budget = 0;  ///< in the unit
  double cost = 0;    ///< of the network that these settings make, as predicted
  double loss = 0;    ///< sum of the layers' relative output noise
};

/// Settings of a frame's layers that the scenario's own `quantization.layers` do not name. A budget of cycles
/// or energy chooses nnzb from 1 to 5, one of bytes the weight bits up to the scenario's. Losses are measured
/// on the first 16 of `images`. `network` and its calibration are those of prepare(). What they make of the
/// network costs no more than the budget. Throws SettingsError when that cannot be met.
Allocation allocate_bits(const Scenario& scenario, const Network& network, const Calibration& calibration,
                         const std::vector<std::vector<float>>& images, const BitBudget& budget,
                         const std::function<void(double)>& progress);

}  // namespace bitbalance::explore
