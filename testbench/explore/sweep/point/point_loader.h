// From a point's number to its scenario, whole and checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "testbench/explore/sweep/space/design_space.h"
#include "testbench/scenario/settings/settings_files.h"

namespace bitbalance::explore {

class PointLoader {
 public:
  /// `overrides`: the command line's. Keeps a reference. Throws SettingsError where they set what varies.
  PointLoader(const SweepSettings& sweep, const std::vector<SettingOverride>& overrides);

  const DesignSpace& space() const { return space_; }
  /// Throws SettingsError, naming the point.
  Scenario load(std::uint64_t index);
  /// Files that were parsed, and files and folders that their settings name.
  const std::set<std::filesystem::path>& read() const { return files_.read(); }
  /// What the point gives the keys that vary, as a JSON object of texts.
  std::string settings(std::uint64_t index) const;

  /// The same for a message: "lenet.yaml accelerator.rows=16".
  std::string describe(std::uint64_t index) const;
  /// Its name, and as many folders around it as tell it from the sweep's other scenarios.
  const std::string& scenario_file(std::uint64_t index) const {
    return scenario_files_[space_.point(index).scenario];
  }
  /// The same of each scenario of the sweep.
  const std::vector<std::string>& scenario_files() const { return scenario_files_; }

 private:
  const SweepSettings& sweep_;
  DesignSpace space_;
  std::vector<std::string> scenario_files_;
  std::vector<SettingOverride> common_;  ///< ahead of what varies
  SettingsFiles files_;
};

}  // namespace bitbalance::explore
