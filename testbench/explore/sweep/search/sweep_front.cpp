#include "testbench/explore/sweep/search/sweep_front.h"

#include <cmath>
#include <utility>

namespace bitbalance::explore {

std::optional<Objectives> objectives_of(const PointResult& result, const SweepSettings& sweep) {
  if (result.verdict != PointVerdict::kPass) return std::nullopt;
  Objectives objectives;
  for (const Objective& objective : sweep.objectives) {
    const double figure = result.figures[objective.metric];
    if (!std::isfinite(figure)) return std::nullopt;
    objectives.push_back(objective.is_most ? -figure : figure);
  }
  return objectives;
}

double violation_of(const PointResult& result, const SweepSettings& sweep) {
  double violation = 0;
  for (const Limit& limit : sweep.limits) {
    const double figure = result.figures[limit.metric];
    if (!std::isfinite(figure)) return kHopeless;
    const auto add = [&](double beyond, double bound) {
      if (beyond > 0) violation += bound == 0 ? beyond : beyond / std::abs(bound);
    };
    add(figure - limit.to, limit.to);
    add(limit.from - figure, limit.from);
  }
  return violation;
}

std::set<std::uint64_t> front_of(const std::vector<SweepPoint>& points, ResultStore& store,
                                 const SweepSettings& sweep) {
  std::vector<std::uint64_t> keys;
  std::vector<Objectives> candidates;
  if (sweep.objectives.empty()) return {};
  for (const SweepPoint& point : points) {
    const auto result = store.find(point.key.point);
    if (!result || violation_of(*result, sweep) > 0) continue;
    if (auto objectives = objectives_of(*result, sweep)) {
      keys.push_back(point.key.point);
      candidates.push_back(std::move(*objectives));
    }
  }
  std::set<std::uint64_t> front;
  for (const std::size_t i : pareto_front(candidates)) front.insert(keys[i]);
  return front;
}

}  // namespace bitbalance::explore
