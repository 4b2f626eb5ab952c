// The folder beside a database in which array tasks find their points and leave their shards: for task N the
// list N.task, and N.sqlite, a database of its own. No task needs another one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "testbench/explore/sweep/point/point_key.h"

namespace bitbalance::explore {

/// A point of a sweep, by its number and all that its result is known by.
struct SweepPoint {
  std::uint64_t index = 0;  ///< in the design space
  PointKey key;
};

class TaskFiles {
 public:
  /// "arrays.sqlite" has "arrays.sqlite.tasks".
  explicit TaskFiles(const std::filesystem::path& database);

  const std::filesystem::path& folder() const { return folder_; }
  /// Cuts the points into `tasks` lists of about the same length and writes them. Precondition: 0 < tasks <=
  /// points.
  void write(const std::vector<SweepPoint>& points, std::uint64_t tasks) const;
  /// Those that are there.
  std::vector<std::filesystem::path> shards() const;
  /// Removes lists and what tasks printed, and the folder if nothing else is left in it.
  void clear() const;

 private:
  std::filesystem::path folder_;
};

/// Throws SettingsError for what is not a whole list.
std::vector<SweepPoint> read_task(const std::filesystem::path& list);

}  // namespace bitbalance::explore
