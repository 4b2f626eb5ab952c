// A sweep from its points to their results: every point is checked before the first is computed; then worker
// processes compute those that the store does not have yet.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "testbench/explore/sweep/constraints.h"
#include "testbench/explore/sweep/evaluation.h"
#include "testbench/explore/sweep/point_key.h"
#include "testbench/explore/sweep/point_loader.h"
#include "testbench/explore/sweep/result_store.h"

namespace bitbalance::explore {

struct SweepOutcome {
  std::uint64_t points = 0;    ///< that fulfil the constraints
  std::uint64_t excluded = 0;  ///< that do not
  std::uint64_t found = 0;     ///< whose results were there before; two points of one key count as one result
  std::uint64_t computed = 0;
  std::uint64_t refused = 0;  ///< of all points
  std::uint64_t failed = 0;
  std::vector<std::string> lost;  ///< points whose worker died, a line each
};

class Sweep {
 public:
  /// Told the share of the work done, 0..1, in each of its phases; may throw to give up.
  using Progress = std::function<void(const char* phase, double share)>;

  /// `program`: version and revision. Throws SettingsError.
  Sweep(SweepSettings settings, const std::vector<SettingOverride>& overrides, std::string program);

  /// Loads and checks every point, in `jobs` processes. Throws SettingsError: of the first point that is
  /// wrong, or when no point is left.
  void check_points(int jobs, const Progress& progress);
  /// Precondition: check_points(). The same rows for any number of jobs.
  SweepOutcome run(ResultStore& store, int jobs, const Progress& progress);
  /// A row for each point that has a result, in the order of the points.
  void write_csv(ResultStore& store, const std::function<void(const std::string& line)>& write) const;

  const SweepSettings& settings() const { return settings_; }

 private:
  struct Point {
    std::uint64_t index = 0;  ///< in the design space
    PointKey key;
  };
  using Todo = std::vector<const Point*>;  ///< with the same network

  Point check_point(std::uint64_t index, bool& is_excluded);
  std::vector<Todo> missing(ResultStore& store) const;
  /// Appends what is lost.
  void compute(const Todo& todo, ResultStore& store, int jobs, const std::function<void()>& tick,
               SweepOutcome& outcome);

  SweepSettings settings_;
  std::string program_;
  PointLoader loader_;
  KeyMaker keys_;
  Constraints constraints_;
  std::vector<Point> points_;
  std::uint64_t excluded_ = 0;
};

}  // namespace bitbalance::explore
