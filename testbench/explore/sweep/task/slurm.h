// Slurm, as far as a sweep needs it: an array of tasks that do not know of each other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testbench/explore/names.h"

namespace bitbalance::explore {

/// What the cluster takes as the size of an array (MaxArraySize). Throws SettingsError where Slurm is not
/// installed or does not answer.
std::uint64_t most_array_tasks();

/// Runs `command`, a line of a shell in which $SLURM_ARRAY_TASK_ID is 0 .. tasks - 1, as an array and waits
/// for the last one to end. `options`: of sbatch. `log`: folder of what the tasks print. Returns how the
/// array ended in one line; empty: all tasks succeeded. Throws SettingsError where sbatch is not installed,
/// and Interrupted, while the array goes on.
std::string run_array(const std::string& command, std::uint64_t tasks,
                      const std::vector<std::string>& options, const std::string& log);

}  // namespace bitbalance::explore
