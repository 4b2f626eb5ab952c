#include "testbench/explore/sweep/task/slurm_array.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/text/shell_word.h"
#include "testbench/explore/sweep/task/slurm.h"

namespace bitbalance::explore {
namespace {

/// Fewer are not worth a task, which loads a program and quantizes a network.
constexpr std::uint64_t kPointsOfTask = 500;

/// Returns a line for each shard that cannot be used, which is put aside.
std::vector<std::string> merge_shards(const TaskFiles& files, ResultStore& store) {
  std::vector<std::string> damaged;
  for (const std::filesystem::path& shard : files.shards()) {
    std::error_code ignored;
    try {
      store.merge(shard);
      std::filesystem::remove(shard, ignored);
    } catch (const StoreInUse&) {  // by a task that is still running
      throw;
    } catch (const SettingsError& error) {
      const std::filesystem::path aside = shard.string() + ".damaged";
      std::filesystem::rename(shard, aside, ignored);
      damaged.push_back(fmt::format("{}; kept as {}", error.what(), aside.string()));
    }
  }
  return damaged;
}

std::uint64_t tasks_of(const ArrayOptions& options, std::uint64_t points) {
  const std::uint64_t most = most_array_tasks();
  if (options.tasks > most) {
    throw SettingsError(
        fmt::format("--tasks: {}; accepted: 1 to {}, the cluster's MaxArraySize", options.tasks, most));
  }
  const std::uint64_t wanted =
      options.tasks > 0 ? options.tasks : std::min(most, (points + kPointsOfTask - 1) / kPointsOfTask);
  return std::min(wanted, points);
}

std::vector<SweepPoint> missing_points(const Sweep& sweep, ResultStore& store) {
  std::vector<SweepPoint> points;
  for (const std::vector<SweepPoint>& group : sweep.missing(store))
    points.insert(points.end(), group.begin(), group.end());
  return points;
}

}  // namespace

SweepOutcome run_as_array(const Sweep& sweep, ResultStore& store, const ArrayOptions& options) {
  const TaskFiles files(std::filesystem::absolute(store.file()));
  std::vector<std::string> lost = merge_shards(files, store);
  const std::uint64_t found = sweep.present(store);
  const std::vector<SweepPoint> todo = missing_points(sweep, store);
  std::string end;
  if (!todo.empty()) {
    const std::uint64_t tasks = tasks_of(options, todo.size());
    files.write(todo, tasks);
    const std::string task = shell_word(files.folder().string()) + "/$SLURM_ARRAY_TASK_ID";
    end = run_array(fmt::format("exec {} --task {}.task --out {}.sqlite", options.command, task, task), tasks,
                    options.sbatch, files.folder().string());
    const std::vector<std::string> more = merge_shards(files, store);
    lost.insert(lost.end(), more.begin(), more.end());
  }
  SweepOutcome whole = sweep.outcome(store, found);
  if (whole.missing == 0) {
    files.clear();
  } else {
    lost.push_back(fmt::format("{}; what tasks told is in {}", end.empty() ? "tasks left no result" : end,
                               files.folder().string()));
  }
  whole.lost = std::move(lost);
  return whole;
}

}  // namespace bitbalance::explore
