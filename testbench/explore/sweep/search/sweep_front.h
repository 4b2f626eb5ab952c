// The objectives and limits of a sweep: how good a result is, and which of many points none beats.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <vector>

#include "testbench/explore/sweep/point/point_result.h"
#include "testbench/explore/sweep/result_store.h"
#include "testbench/explore/sweep/search/pareto.h"
#include "testbench/explore/sweep/sweep_settings.h"
#include "testbench/explore/sweep/task/task_files.h"

namespace bitbalance::explore {

/// The violation of a point that has no figures: after all that have.
inline constexpr double kHopeless = std::numeric_limits<double>::infinity();

/// Of a result, less is better; none unless it passed and has all figures that are asked for.
std::optional<Objectives> objectives_of(const PointResult& result, const SweepSettings& sweep);
/// By how much a result breaks the limits, as shares of them, added up; 0: not at all.
double violation_of(const PointResult& result, const SweepSettings& sweep);

/// Keys of the points on the Pareto front of those that pass and keep the limits; none without objectives.
std::set<std::uint64_t> front_of(const std::vector<SweepPoint>& points, ResultStore& store,
                                 const SweepSettings& sweep);

}  // namespace bitbalance::explore
