#include "testbench/explore/sweep/point/point_loader.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "testbench/explore/sweep/point/point_result.h"

namespace bitbalance::explore {
namespace {

bool is_within(const std::string& path, const std::string& section) {
  return path == section || path.compare(0, section.size() + 1, section + ".") == 0;
}

/// What is wanted of a point must exist, or no point is better than another.
void check_figure(const char* key, const Metric& metric, const Scenario& scenario) {
  const bool exists = metric.source == MetricSource::kTechnology ? scenario.technology.has_value()
                      : metric.source == MetricSource::kData     ? computes_data(scenario.run.level)
                                                                 : true;
  if (exists) return;
  throw SettingsError(fmt::format(
      "{}: {}: {}", key, metric.name,
      metric.source == MetricSource::kTechnology
          ? "the scenario has no technology; accepted: with one"
          : fmt::format("does not exist at level {}; accepted: {}, {}", to_string(scenario.run.level),
                        to_string(Level::kTlm), to_string(Level::kRtl))));
}

void check(const Scenario& scenario, const SweepSettings& sweep) {
  if (scenario.run.mixed())
    throw SettingsError("run.rtl: given in a sweep; accepted: one level for all layers of a point");
  for (const Objective& objective : sweep.objectives)
    check_figure("objectives", metrics()[objective.metric], scenario);
  for (const Limit& limit : sweep.limits) check_figure("limits", metrics()[limit.metric], scenario);
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
    check(scenario, sweep_);
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
