#include "testbench/explore/sweep/search/search.h"

#include <algorithm>
#include <map>

#include "testbench/explore/sweep/search/nsga2.h"
#include "testbench/explore/sweep/search/sweep_front.h"

namespace bitbalance::explore {
namespace {

Candidate candidate_of(const Genome& genome, const std::optional<PointResult>& result,
                       const SweepSettings& sweep) {
  Candidate candidate{genome, Objectives(sweep.objectives.size(), 0.0), kHopeless};
  if (!result) return candidate;
  if (const auto objectives = objectives_of(*result, sweep)) {
    candidate.objectives = *objectives;
    candidate.violation = violation_of(*result, sweep);
  }
  return candidate;
}

}  // namespace

SweepOutcome search(Sweep& sweep, ResultStore& store, int jobs, const Sweep::Progress& progress) {
  const SweepSettings& settings = sweep.settings();
  Nsga2 nsga2(sweep.space().sizes(), static_cast<std::size_t>(settings.population),
              static_cast<std::uint64_t>(settings.seed));
  Sweep::Keys known = store.keys(), seen;
  std::uint64_t found = 0, checked = 0;
  std::vector<std::string> lost;
  for (std::int64_t generation = 0; generation < settings.generations; ++generation) {
    const auto tick = [&] {
      progress("search", static_cast<double>(generation) / static_cast<double>(settings.generations));
    };
    const std::vector<Genome> genomes = nsga2.ask();
    if (genomes.empty()) break;  // chance finds no more
    checked += genomes.size();
    std::vector<std::uint64_t> indices;
    indices.reserve(genomes.size());
    for (const Genome& genome : genomes) indices.push_back(sweep.space().number_of(genome));
    std::map<std::uint64_t, std::uint64_t> keys;  // by index
    const std::vector<SweepPoint> fresh = sweep.add_points(indices, jobs, tick);
    for (const SweepPoint& point : fresh) {
      keys[point.index] = point.key.point;
      if (seen.insert(point.key.point).second) found += known.count(point.key.point);
    }
    const std::vector<std::string> more =
        sweep.compute(fresh, known, store, jobs, [&](const char*, double) { tick(); });
    lost.insert(lost.end(), more.begin(), more.end());
    // A point that took its worker with it is not tried again.
    for (const SweepPoint& point : fresh) known.insert(point.key.point);
    std::vector<Candidate> told;
    for (std::size_t i = 0; i < genomes.size(); ++i) {
      const auto key = keys.find(indices[i]);
      told.push_back(
          candidate_of(genomes[i], key == keys.end() ? std::nullopt : store.find(key->second), settings));
    }
    nsga2.tell(told);
  }
  sweep.require_points(checked);
  SweepOutcome whole = sweep.outcome(store, found);
  whole.lost = std::move(lost);
  return whole;
}

}  // namespace bitbalance::explore
