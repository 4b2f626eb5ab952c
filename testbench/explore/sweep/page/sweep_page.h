// A sweep's results as one page for the browser.
#pragma once

#include <cstdint>
#include <string>

#include "testbench/explore/sweep/sweep.h"

namespace bitbalance::explore {

/// More make a file that browsers take long to read.
inline constexpr std::uint64_t kMostPagePoints = 100'000;

/// Fronts, parallel axes, filters, what each key does, and of each point the command that runs it alone: for
/// the points that have a result, whose figures are those of the store. Precondition: check_points() or
/// search(); at most kMostPagePoints points.
std::string sweep_page(Sweep& sweep, ResultStore& store);

}  // namespace bitbalance::explore
