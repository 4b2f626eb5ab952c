// A sweep as an array of Slurm tasks: each computes the points of its list into a shard of its own, so that a
// dead node costs its points alone; shards are merged afterwards, those that an earlier array left first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testbench/explore/sweep/sweep.h"

namespace bitbalance::explore {

struct ArrayOptions {
  std::uint64_t tasks = 0;          ///< 0: as many as points take a while each, and the cluster allows
  std::vector<std::string> sbatch;  ///< options of it: "--partition=short"
  std::string command;              ///< of a shell: computes the list and shard that are appended
};

/// Waits for the array. Throws SettingsError where Slurm is missing, or has no room for as many tasks.
SweepOutcome run_as_array(const Sweep& sweep, ResultStore& store, const ArrayOptions& options);

}  // namespace bitbalance::explore
