// A sweep from its points to their results: every point that is known at the beginning is checked before the
// first is computed, those that a search adds when they come. Worker processes compute those that the store
// does not have yet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "hw/timeline/recent_memo.h"
#include "testbench/explore/sweep/point/evaluation.h"
#include "testbench/explore/sweep/point/point_key.h"
#include "testbench/explore/sweep/point/point_loader.h"
#include "testbench/explore/sweep/result_store.h"
#include "testbench/explore/sweep/space/constraints.h"
#include "testbench/explore/sweep/task/task_files.h"

namespace bitbalance::explore {

struct SweepOutcome {
  std::uint64_t points = 0;    ///< that fulfil the constraints
  std::uint64_t excluded = 0;  ///< that do not
  std::uint64_t found = 0;     ///< whose results were there before; two points of one key count as one result
  std::uint64_t computed = 0;
  std::uint64_t refused = 0;  ///< of all points
  std::uint64_t failed = 0;
  std::uint64_t missing = 0;      ///< that have no result
  std::vector<std::string> lost;  ///< why, a line for each worker or task that failed
};

class Sweep {
 public:
  using Keys = std::unordered_set<std::uint64_t>;  ///< of points that are not to be computed
  /// Told the share of the work done, 0..1, in each of its phases; may throw to give up.
  using Progress = std::function<void(const char* phase, double share)>;

  /// `program`: version and revision. Throws SettingsError.
  Sweep(SweepSettings settings, const std::vector<SettingOverride>& overrides, std::string program);

  /// Loads and checks every point, in `jobs` processes. Throws SettingsError: of the first point that is
  /// wrong, or when no point is left.
  void check_points(int jobs, const Progress& progress);
  /// More points, of a search. Returns those that fulfil the constraints. Throws SettingsError as above.
  std::vector<SweepPoint> add_points(const std::vector<std::uint64_t>& indices, int jobs,
                                     const std::function<void()>& tick);
  /// Throws SettingsError where none of the points that were checked, so many, fulfils the constraints.
  void require_points(std::uint64_t checked) const;
  /// Instead: the points of an array task's list. Throws SettingsError when one is not what it was.
  void take_points(const std::filesystem::path& list);
  /// Precondition of all that follows: check_points() or take_points(). The same rows for any number of jobs.
  SweepOutcome run(ResultStore& store, int jobs, const Progress& progress);
  /// Some of the points: those whose key is not among `known`. Returns what is lost, a line each.
  std::vector<std::string> compute(const std::vector<SweepPoint>& points, const Keys& known,
                                   ResultStore& store, int jobs, const Progress& progress);
  /// A row for each point that has a result, in the order of the points; with objectives a column says which
  /// are on the Pareto front of those that pass and keep the limits.
  void write_csv(ResultStore& store, const std::function<void(const std::string& line)>& write) const;

  /// Points that have no result, each key once, in groups with the same network.
  std::vector<std::vector<SweepPoint>> missing(ResultStore& store) const;
  /// What the store has now, where `found` keys were there before.
  SweepOutcome outcome(ResultStore& store, std::uint64_t found) const;
  /// Different keys of the points that have a result.
  std::uint64_t present(ResultStore& store) const;

  /// Keys of the points on a Pareto front: designs compete for one scenario, another network is no better
  /// design.
  std::set<std::uint64_t> front(ResultStore& store) const;

  /// Scenarios, what their points were read from so far, and files and folders that settings of it name.
  std::set<std::filesystem::path> read() const;

  const DesignSpace& space() const { return loader_.space(); }
  /// What each scenario is called in tables.
  const std::vector<std::string>& scenario_files() const { return loader_.scenario_files(); }
  const SweepSettings& settings() const { return settings_; }
  const std::vector<SettingOverride>& overrides() const { return overrides_; }
  const std::string& program() const { return program_; }
  const std::vector<SweepPoint>& points() const { return points_; }
  /// Throws SettingsError.
  Scenario scenario_of(const SweepPoint& point) { return loader_.load(point.index); }

 private:
  struct CheckedPoint {
    SweepPoint point;
    bool is_excluded = false;
    std::uint64_t layers = 0;  ///< a mark of the layers that its mapping names; 0: none
  };
  CheckedPoint check_point(std::uint64_t index);
  /// Throws SettingsError when the mapping names a layer that the network does not have.
  void check_mapping(const SweepPoint& point);
  /// Throws std::invalid_argument when the network cannot be made.
  std::shared_ptr<const Evaluation> evaluation_of(const SweepPoint& point);
  /// Those of index_of(0 .. count - 1) that fulfil the constraints, ascending.
  std::vector<SweepPoint> check(std::uint64_t count,
                                const std::function<std::uint64_t(std::uint64_t)>& index_of, int jobs,
                                const std::function<void(std::uint64_t done)>& tick);
  /// Points with the same network. Returns what is lost, a line each.
  std::vector<std::string> compute_group(const std::vector<SweepPoint>& todo, ResultStore& store, int jobs,
                                         const std::function<void(std::uint64_t done)>& tick);

  SweepSettings settings_;
  std::vector<SettingOverride> overrides_;
  std::string program_;
  PointLoader loader_;
  std::set<std::filesystem::path> read_by_workers_;
  KeyMaker keys_;
  static constexpr std::size_t kMostEvaluations = 4;
  RecentMemo<std::uint64_t, const Evaluation> evaluations_{kMostEvaluations};  ///< by network
  Constraints constraints_;
  std::vector<SweepPoint> points_;
  std::uint64_t excluded_ = 0;
};

}  // namespace bitbalance::explore
