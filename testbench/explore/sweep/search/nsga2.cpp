#include "testbench/explore/sweep/search/nsga2.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace bitbalance::explore {
namespace {

// The paper's: probability of crossing a pair, and how near children stay to their parents.
constexpr double kCrossing = 0.9;
constexpr double kCrossingIndex = 20;
constexpr double kMutationIndex = 20;
constexpr int kTries = 50;  ///< for a genome that is new

bool comes_before(const Candidate& a, const Candidate& b) {
  if (a.violation != b.violation) return a.violation < b.violation;
  return dominates(a.objectives, b.objectives);
}

/// Fronts of candidates, the best first, each of indices ascending.
std::vector<std::vector<std::size_t>> fronts_of(const std::vector<Candidate>& candidates) {
  const std::size_t count = candidates.size();
  std::vector<std::vector<std::size_t>> beaten(count);
  std::vector<std::size_t> beats(count, 0);
  for (std::size_t a = 0; a < count; ++a) {
    for (std::size_t b = 0; b < count; ++b) {
      if (!comes_before(candidates[a], candidates[b])) continue;
      beaten[a].push_back(b);
      ++beats[b];
    }
  }
  std::vector<std::vector<std::size_t>> fronts(1);
  for (std::size_t i = 0; i < count; ++i)
    if (beats[i] == 0) fronts.back().push_back(i);
  while (!fronts.back().empty()) {
    std::vector<std::size_t> next;
    for (const std::size_t better : fronts.back()) {
      for (const std::size_t worse : beaten[better])
        if (--beats[worse] == 0) next.push_back(worse);
    }
    std::sort(next.begin(), next.end());
    fronts.push_back(std::move(next));
  }
  fronts.pop_back();
  return fronts;
}

}  // namespace

Nsga2::Nsga2(std::vector<std::size_t> sizes, std::size_t population, std::uint64_t seed)
    : sizes_(std::move(sizes)), population_(population), random_(seed) {}

double Nsga2::uniform() {
  constexpr int kUnused = 11;  // 53 bits are left: those of a double
  return static_cast<double>(random_() >> kUnused) * 0x1p-53;
}

Genome Nsga2::random_genome() {
  Genome genome;
  for (const std::size_t size : sizes_) genome.push_back(below(size));
  return genome;
}

std::vector<Genome> Nsga2::ask() {
  std::vector<Genome> generation;
  for (std::size_t i = 0; i < population_; ++i) {
    for (int attempt = 0; attempt < kTries; ++attempt) {
      Genome genome = best_.empty() ? random_genome() : child();
      if (!asked_.insert(genome).second) continue;
      generation.push_back(std::move(genome));
      break;
    }
  }
  return generation;
}

const Candidate& Nsga2::tournament() {
  const std::size_t a = below(best_.size()), b = below(best_.size());
  const Standing &first = standings_[a], &second = standings_[b];
  if (first.front != second.front) return best_[first.front < second.front ? a : b];
  return best_[first.crowding >= second.crowding ? a : b];
}

Genome Nsga2::child() {
  const Candidate &mother = tournament(), &father = tournament();
  Genome genome = mother.genome;
  const bool crosses = uniform() < kCrossing;
  for (std::size_t axis = 0; axis < sizes_.size(); ++axis) {
    if (crosses && uniform() < 0.5)
      genome[axis] = crossed(mother.genome[axis], father.genome[axis], sizes_[axis]);
    if (below(sizes_.size()) == 0) genome[axis] = mutated(genome[axis], sizes_[axis]);
  }
  return genome;
}

/// Simulated binary crossover: one of two children, as far from their middle as the parents on the average.
std::size_t Nsga2::crossed(std::size_t a, std::size_t b, std::size_t size) {
  const double u = uniform();
  const double spread = u <= 0.5 ? std::pow(2 * u, 1 / (kCrossingIndex + 1))
                                 : std::pow(1 / (2 * (1 - u)), 1 / (kCrossingIndex + 1));
  const auto x = static_cast<double>(a), y = static_cast<double>(b);
  const double sign = uniform() < 0.5 ? -1 : 1;
  return rounded(((x + y) + sign * spread * (x - y)) / 2, size);
}

/// Polynomial mutation over the whole axis; a step at least.
std::size_t Nsga2::mutated(std::size_t value, std::size_t size) {
  const double u = uniform();
  const double step = u < 0.5 ? std::pow(2 * u, 1 / (kMutationIndex + 1)) - 1
                              : 1 - std::pow(2 * (1 - u), 1 / (kMutationIndex + 1));
  const double reach = std::max(1.0, std::abs(step) * static_cast<double>(size));
  return rounded(static_cast<double>(value) + (u < 0.5 ? -reach : reach), size);
}

std::size_t Nsga2::rounded(double value, std::size_t size) const {
  return static_cast<std::size_t>(std::llround(std::clamp(value, 0.0, static_cast<double>(size - 1))));
}

std::vector<Nsga2::Standing> Nsga2::standings(const std::vector<Candidate>& candidates) {
  std::vector<Standing> standings(candidates.size());
  const auto fronts = fronts_of(candidates);
  for (std::size_t f = 0; f < fronts.size(); ++f) {
    std::vector<std::size_t> order = fronts[f];
    for (const std::size_t i : order) standings[i].front = f;
    for (std::size_t o = 0; o < candidates[order.front()].objectives.size(); ++o) {
      const auto value = [&](std::size_t i) { return candidates[i].objectives[o]; };
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return value(a) != value(b) ? value(a) < value(b) : a < b;
      });
      const double range = value(order.back()) - value(order.front());
      for (const std::size_t end : {order.front(), order.back()})
        standings[end].crowding = std::numeric_limits<double>::infinity();
      for (std::size_t i = 1; range > 0 && i + 1 < order.size(); ++i)
        standings[order[i]].crowding += (value(order[i + 1]) - value(order[i - 1])) / range;
    }
  }
  return standings;
}

void Nsga2::tell(const std::vector<Candidate>& generation) {
  std::vector<Candidate> all = best_;
  all.insert(all.end(), generation.begin(), generation.end());
  if (all.empty()) return;
  const std::vector<Standing> standing = standings(all);
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return standing[a].front != standing[b].front ? standing[a].front < standing[b].front
                                                  : standing[a].crowding > standing[b].crowding;
  });
  order.resize(std::min(order.size(), population_));
  best_.clear();
  standings_.clear();
  for (const std::size_t i : order) {
    best_.push_back(std::move(all[i]));
    standings_.push_back(standing[i]);
  }
}

}  // namespace bitbalance::explore
