// The objectives and limits of a sweep: which of its points none beats, and a search for those where the
// space is too large to go through.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "testbench/explore/sweep/search/pareto.h"
#include "testbench/explore/sweep/sweep.h"

namespace bitbalance::explore {

/// Of a result, less is better; none unless it passed and has all figures that are asked for.
std::optional<Objectives> objectives_of(const PointResult& result, const SweepSettings& sweep);
/// By how much a result breaks the limits, as shares of them, added up; 0: not at all.
double violation_of(const PointResult& result, const SweepSettings& sweep);

/// Keys of the points on the Pareto front of those that pass and keep the limits; none without objectives.
std::set<std::uint64_t> front_of(const std::vector<SweepPoint>& points, ResultStore& store,
                                 const SweepSettings& sweep);

/// Searches by NSGA-II. What the store has is not computed again: a search that was stopped goes the same way
/// as before up to where it was.
SweepOutcome search(Sweep& sweep, ResultStore& store, int jobs, const Sweep::Progress& progress);

}  // namespace bitbalance::explore
