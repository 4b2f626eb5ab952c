#include "testbench/explore/sweep/point/point_loader.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace bitbalance::explore {
namespace {

bool is_within(const std::string& path, const std::string& section) {
  return path == section || path.compare(0, section.size() + 1, section + ".") == 0;
}

void check(const Scenario& scenario) {
  if (scenario.run.mixed())
    throw SettingsError("run.rtl: given in a sweep; accepted: one level for all layers of a point");
  if (!computes_data(scenario.run.level) && scenario.memory.model != MemoryTiming::kIdeal) {
    throw SettingsError(fmt::format("memory.model: {}; accepted at level analytic: {}",
                                    to_string(scenario.memory.model), to_string(MemoryTiming::kIdeal)));
  }
}

}  // namespace

PointLoader::PointLoader(const SweepSettings& sweep, const std::vector<SettingOverride>& overrides)
    : sweep_(sweep), space_(sweep) {
  common_.push_back({fmt::format("run.level={}", to_string(sweep.level)), sweep.file.string() + ": level"});
  for (const Assignment& fixed : sweep.fixed) common_.push_back(fixed.as_override());
  for (const SettingOverride& given : overrides) {
    const std::string path = given.text.substr(0, given.text.find('='));
    for (const std::string& key : sweep.keys) {
      if (is_within(path, key) || is_within(key, path)) {
        throw SettingsError(fmt::format(
            "--set {}: the sweep varies {}; accepted: a setting that is the same at all points", path, key));
      }
    }
    common_.push_back(given);
  }
}

Scenario PointLoader::load(std::uint64_t index) {
  const DesignSpace::Point point = space_.point(index);
  std::vector<SettingOverride> overrides = common_;
  for (const Assignment* value : point.values) overrides.push_back(value->as_override());
  try {
    Scenario scenario = load_scenario(sweep_.scenarios[point.scenario], overrides, &files_);
    check(scenario);
    return scenario;
  } catch (const SettingsError& error) {
    throw SettingsError(fmt::format("{}; at {}", error.what(), describe(index)));
  }
}

std::string PointLoader::scenario_file(std::uint64_t index) const {
  return sweep_.scenarios[space_.point(index).scenario].filename().string();
}

std::string PointLoader::describe(std::uint64_t index) const {
  const DesignSpace::Point point = space_.point(index);
  std::string text = scenario_file(index);
  for (const Assignment* value : point.values) text += fmt::format(" {}={}", value->key, value->value);
  return text;
}

std::string PointLoader::settings(std::uint64_t index) const {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const Assignment* value : space_.point(index).values) json[value->key] = value->value;
  return json.dump();
}

}  // namespace bitbalance::explore
