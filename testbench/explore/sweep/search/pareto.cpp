#include "testbench/explore/sweep/search/pareto.h"

#include <algorithm>
#include <numeric>

namespace bitbalance::explore {

bool dominates(const Objectives& a, const Objectives& b) {
  bool is_better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    is_better = is_better || a[i] < b[i];
  }
  return is_better;
}

std::vector<std::size_t> pareto_front(const std::vector<Objectives>& candidates) {
  std::vector<std::size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return candidates[a] != candidates[b] ? candidates[a] < candidates[b] : a < b;
  });
  // Whatever dominates a candidate comes ahead of it, so those found so far are all it must be held against.
  std::vector<std::size_t> front;
  for (const std::size_t candidate : order) {
    const bool is_beaten = std::any_of(front.begin(), front.end(), [&](std::size_t other) {
      return dominates(candidates[other], candidates[candidate]);
    });
    if (!is_beaten) front.push_back(candidate);
  }
  std::sort(front.begin(), front.end());
  return front;
}

}  // namespace bitbalance::explore
