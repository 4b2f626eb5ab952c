#include "testbench/explore/comparison/figures.h"

#include <algorithm>
#include <stdexcept>

namespace bitbalance::explore {

double DesignFigures::core_j() const {
  double sum = 0;
  for (std::size_t c = 0; c < kComponents; ++c)
    if (static_cast<Component>(c) != Component::kDram) sum += energy[c].total_j();
  return sum;
}

const DesignFigures& NetworkComparison::of(const std::string& design, WeightSet weights) const {
  const auto found = std::find_if(designs.begin(), designs.end(), [&](const DesignFigures& figures) {
    return figures.design == design && figures.weights == weights;
  });
  if (found == designs.end()) throw std::out_of_range(design + ": not in the comparison");
  return *found;
}

WeightSet own_weights(const std::string& design) {
  const bool ours = design == kOurs || design == kOurTimeline || design == kOurLean;
  return ours ? WeightSet::kLimited : WeightSet::kFull;
}

}  // namespace bitbalance::explore
