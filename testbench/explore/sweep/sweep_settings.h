// What a sweep file says: which scenarios, which of their keys vary over which values, and which combinations
// count.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "testbench/explore/names.h"
#include "testbench/scenario/scenario.h"
#include "testbench/scenario/settings/settings_reader.h"

namespace bitbalance::explore {

inline constexpr std::int64_t kMostPoints = 10'000'000;  ///< of a sweep

/// Which points of the whole grid are taken.
enum class SweepMethod {
  kGrid,            ///< all
  kRandom,          ///< some, each as likely as any other
  kLatinHypercube,  ///< some, with each value of each key as often as any other of that key
  kNsga2,           ///< those that a search for the objectives comes to
};
const char* to_string(SweepMethod method);

/// A key and what a point gives it.
struct Assignment {
  std::string key;
  std::string value;
  std::string place;           ///< where it is given, for errors: "sweep.yaml:4: accelerator.rows"
  std::filesystem::path file;  ///< that gives it

  SettingOverride as_override() const;
};

/// Keys that vary together, and what they can be: a choice is a value of each.
struct Axis {
  std::vector<std::vector<Assignment>> choices;  ///< not empty
};

/// What a design is wanted for.
struct Objective {
  std::size_t metric = 0;  ///< of metrics()
  bool is_most = false;    ///< more is better
};

/// What a figure of a design must keep.
struct Limit {
  std::size_t metric = 0;
  double from = -std::numeric_limits<double>::infinity();
  double to = std::numeric_limits<double>::infinity();
};

struct SweepSettings {
  std::string name;
  std::filesystem::path file;
  std::vector<std::filesystem::path> scenarios;
  Level level = Level::kAnalytic;
  SweepMethod method = SweepMethod::kGrid;
  std::int64_t count = 0;  ///< of points that are taken; 0: all, for kGrid
  std::int64_t seed = 1;
  std::vector<Assignment> fixed;  ///< the same at all points
  std::vector<Axis> axes;
  std::vector<std::string> keys;  ///< that vary, each once, in the order of the file
  std::vector<PlacedText> constraints;
  std::vector<Objective> objectives;
  std::vector<Limit> limits;
  std::int64_t population = 64, generations = 20;  ///< of kNsga2
};

/// Reads and checks a sweep, but not what its values mean to a scenario. `files`: those that were parsed
/// before. Throws SettingsError.
SweepSettings load_sweep(const std::filesystem::path& file, SettingsFiles* files = nullptr);

}  // namespace bitbalance::explore
