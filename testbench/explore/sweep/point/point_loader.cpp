#include "testbench/explore/sweep/point/point_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "testbench/explore/sweep/point/point_result.h"
#include "testbench/scenario/workload.h"

namespace bitbalance::explore {
namespace fs = std::filesystem;
namespace {

bool is_within(const std::string& path, const std::string& section) {
  return path == section || path.compare(0, section.size() + 1, section + ".") == 0;
}

/// Why the scenario has no such figure; empty: it has.
std::string why_missing(const Metric& metric, const Scenario& scenario) {
  switch (metric.source) {
    case MetricSource::kTimeline:
      break;
    case MetricSource::kTechnology:
      if (!scenario.technology) return "the scenario has no technology; accepted: with one";
      break;
    case MetricSource::kTruth:
      if (!computes_data(scenario.run.level)) {
        return fmt::format("does not exist at level {}; accepted: {}, {}", to_string(scenario.run.level),
                           to_string(Level::kTlm), to_string(Level::kRtl));
      }
      if (!has_truth(scenario.network)) {
        return "the scenario has no labels; accepted: with network.labels, network.texts or images in a "
               "folder per class";
      }
      break;
  }
  return "";
}

/// What is wanted of a point must exist, or no point is better than another.
void check_figure(const char* key, const Metric& metric, const Scenario& scenario) {
  const std::string why = why_missing(metric, scenario);
  if (!why.empty()) throw SettingsError(fmt::format("{}: {}: {}", key, metric.name, why));
}

/// The last `parts` of a path.
fs::path end_of(const fs::path& path, std::ptrdiff_t parts) {
  fs::path end;
  for (auto part = std::prev(path.end(), parts); part != path.end(); ++part) end /= *part;
  return end;
}

/// Of each file the shortest end of its path that no other file has.
std::vector<std::string> short_names(std::vector<fs::path> files) {
  for (fs::path& file : files) file = fs::absolute(file).lexically_normal();
  std::vector<std::string> names;
  for (const fs::path& file : files) {
    const std::ptrdiff_t most = std::distance(file.begin(), file.end());
    std::ptrdiff_t parts = 1;
    const auto is_other = [&](const fs::path& other) {
      return other != file && std::distance(other.begin(), other.end()) >= parts &&
             end_of(other, parts) == end_of(file, parts);
    };
    while (parts < most && std::any_of(files.begin(), files.end(), is_other)) ++parts;
    names.push_back(end_of(file, parts).string());
  }
  return names;
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
    : sweep_(sweep), space_(sweep), scenario_files_(short_names(sweep.scenarios)) {
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
