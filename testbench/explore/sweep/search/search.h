// A search for the points that none beats, where the space of a sweep is too large to go through.
#pragma once

#include "testbench/explore/sweep/sweep.h"

namespace bitbalance::explore {

/// Searches by NSGA-II. What the store has is not computed again: a search that was stopped goes the same way
/// as before up to where it was. Throws SettingsError for a wrong point, and when none fulfils the
/// constraints.
SweepOutcome search(Sweep& sweep, ResultStore& store, int jobs, const Sweep::Progress& progress);

}  // namespace bitbalance::explore
