#include "testbench/explore/sweep/space/design_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace bitbalance::explore {
namespace {

constexpr std::uint64_t kLargestGrid = std::uint64_t{1} << 62;  ///< to draw from

/// 0 .. bound - 1, each as likely; the same with every compiler, unlike the distributions of the standard
/// library.
std::uint64_t below(std::mt19937_64& random, std::uint64_t bound) {
  const std::uint64_t end = std::mt19937_64::max() - std::mt19937_64::max() % bound;
  std::uint64_t number = random();
  while (number >= end) number = random();
  return number % bound;
}

}  // namespace

DesignSpace::DesignSpace(const SweepSettings& sweep) : sweep_(sweep) {
  sizes_.push_back(sweep.scenarios.size());
  for (const Axis& axis : sweep.axes) sizes_.push_back(axis.choices.size());
  for (const std::size_t size : sizes_) {
    if (grid_ > kLargestGrid / size)
      refuse(fmt::format("space: more than {} points; accepted: fewer", kLargestGrid));
    grid_ *= size;
  }
  switch (sweep.method) {
    case SweepMethod::kGrid:
      if (grid_ > static_cast<std::uint64_t>(kMostPoints)) {
        refuse(fmt::format("space: {} points; accepted with method grid: {} at most, or method random", grid_,
                           kMostPoints));
      }
      break;
    case SweepMethod::kRandom:
      draw_random();
      break;
    case SweepMethod::kLatinHypercube:
      draw_latin_hypercube();
      break;
    case SweepMethod::kNsga2:
      break;
  }
}

void DesignSpace::refuse(const std::string& what) const {
  throw SettingsError(fmt::format("{}: {}", sweep_.file.string(), what));
}

void DesignSpace::draw_random() {
  const auto count = static_cast<std::uint64_t>(sweep_.count);
  if (count > grid_)
    refuse(fmt::format("count: {}; accepted: 1 to {}, the points of the grid", count, grid_));
  // Floyd's way: each set of `count` numbers is as likely as any other, in as many steps.
  std::mt19937_64 random(static_cast<std::uint64_t>(sweep_.seed));
  std::set<std::uint64_t> taken;
  for (std::uint64_t last = grid_ - count; last < grid_; ++last)
    if (!taken.insert(below(random, last + 1)).second) taken.insert(last);
  drawn_.assign(taken.begin(), taken.end());
}

void DesignSpace::draw_latin_hypercube() {
  const auto count = static_cast<std::uint64_t>(sweep_.count);
  std::mt19937_64 random(static_cast<std::uint64_t>(sweep_.seed));
  std::vector<std::uint64_t> strata(count);
  drawn_.assign(count, 0);
  for (const std::size_t size : sizes_) {
    std::iota(strata.begin(), strata.end(), 0);
    for (std::uint64_t i = count; i > 1; --i) std::swap(strata[i - 1], strata[below(random, i)]);
    // A stratum's middle; with fewer strata than values those in between are left out.
    for (std::uint64_t i = 0; i < count; ++i)
      drawn_[i] = drawn_[i] * size + (2 * strata[i] + 1) * size / (2 * count);
  }
  std::sort(drawn_.begin(), drawn_.end());
  drawn_.erase(std::unique(drawn_.begin(), drawn_.end()), drawn_.end());
}

std::uint64_t DesignSpace::number_of(const std::vector<std::size_t>& choices) const {
  std::uint64_t number = 0;
  for (std::size_t axis = 0; axis < sizes_.size(); ++axis) number = number * sizes_[axis] + choices[axis];
  return number;
}

std::vector<std::size_t> DesignSpace::choices_of(std::uint64_t index) const {
  std::uint64_t rest = drawn_.empty() ? index : drawn_[index];
  std::vector<std::size_t> choices(sizes_.size());
  for (std::size_t axis = sizes_.size(); axis-- > 0; rest /= sizes_[axis])
    choices[axis] = rest % sizes_[axis];
  return choices;
}

DesignSpace::Point DesignSpace::point(std::uint64_t index) const {
  const std::vector<std::size_t> choices = choices_of(index);
  Point point;
  point.scenario = choices.front();
  for (std::size_t axis = 0; axis < sweep_.axes.size(); ++axis) {
    for (const Assignment& assignment : sweep_.axes[axis].choices[choices[axis + 1]])
      point.values.push_back(&assignment);
  }
  return point;
}

}  // namespace bitbalance::explore
