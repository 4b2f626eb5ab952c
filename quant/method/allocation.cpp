#include "quant/method/allocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text/config_error.h"

namespace bitbalance::method {

std::vector<std::size_t> allocate(const std::vector<std::vector<LayerChoice>>& layers, double budget) {
  // A multiple-choice knapsack by dynamic programming over the budget spent so far, above the cheapest choice
  // of every layer.
  constexpr std::size_t kUnits = 8192;
  std::vector<double> cheapest;
  double floor = 0;
  for (const std::vector<LayerChoice>& choices : layers) {
    const auto least = std::min_element(choices.begin(), choices.end(),
                                        [](const auto& a, const auto& b) { return a.cost < b.cost; });
    cheapest.push_back(least->cost);
    floor += least->cost;
  }
  if (!(floor <= budget)) {
    throw ConfigError("quantization", "budget", fmt::format("{:g}", budget),
                      fmt::format("at least {:g}, the cheapest choice of every layer", floor));
  }
  const double unit = (budget - floor) / kUnits;
  const auto units_of = [&](double extra) {
    if (extra <= 0) return std::size_t{0};
    const double units = unit > 0 ? std::ceil(extra / unit) : kUnits + 1.0;
    return units > kUnits ? kUnits + 1 : static_cast<std::size_t>(units);
  };

  constexpr double kNever = std::numeric_limits<double>::infinity();
  std::vector<double> loss(kUnits + 1, 0.0);
  std::vector<std::vector<std::size_t>> chosen;  // by layer and units spent up to it
  for (std::size_t l = 0; l < layers.size(); ++l) {
    std::vector<double> next(kUnits + 1, kNever);
    std::vector<std::size_t>& choice_at = chosen.emplace_back(kUnits + 1, 0);
    for (std::size_t c = 0; c < layers[l].size(); ++c) {
      const LayerChoice& choice = layers[l][c];
      const std::size_t units = units_of(choice.cost - cheapest[l]);
      for (std::size_t spent = units; spent <= kUnits; ++spent) {
        const double total = loss[spent - units] + choice.loss;
        if (total >= next[spent]) continue;
        next[spent] = total;
        choice_at[spent] = c;
      }
    }
    loss = std::move(next);
  }

  std::vector<std::size_t> result(layers.size());
  std::size_t spent = kUnits;
  for (std::size_t l = layers.size(); l-- > 0;) {
    result[l] = chosen[l][spent];
    spent -= units_of(layers[l][result[l]].cost - cheapest[l]);
  }
  return result;
}

}  // namespace bitbalance::method
