// How many bits each layer may have under a budget: the choice of settings with the least total loss. Losses
// are measured on images (sensitivity.h); costs are whatever the caller counts.
#pragma once

#include <cstddef>
#include <vector>

#include "quant/method/names.h"

namespace bitbalance::method {

/// A setting of one layer.
struct LayerChoice {
  int weight_bits = 8;
  int nnzb = 3;
  double loss = 0;  ///< from 0
  double cost = 0;  ///< from 0, in the budget's unit
};

/// For each layer the index of its choice, such that the total cost stays within `budget` and the total loss
/// is the least, up to the rounding of costs to 1/8192 of the budget (upwards, so that the budget always
/// holds). Throws std::invalid_argument with the least possible cost when that exceeds the budget.
std::vector<std::size_t> allocate(const std::vector<std::vector<LayerChoice>>& layers, double budget);

}  // namespace bitbalance::method
