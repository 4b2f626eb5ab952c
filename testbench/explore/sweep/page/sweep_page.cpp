#include "testbench/explore/sweep/page/sweep_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/text/shell_word.h"
#include "testbench/explore/sweep/point/point_command.h"
#include "testbench/report/page/html_page.h"
#include "testbench/report/page/page_files.h"

namespace bitbalance::explore {
namespace {

using Json = nlohmann::ordered_json;

Json metrics_json() {
  Json json = Json::array();
  for (const Metric& metric : metrics()) {
    json.push_back({{"name", metric.name},
                    {"title", metric.title},
                    {"unit", metric.unit},
                    {"better", to_string(metric.better)}});
  }
  return json;
}

Json objectives_json(const SweepSettings& sweep) {
  Json json = Json::array();
  for (const Objective& objective : sweep.objectives) {
    json.push_back({{"metric", objective.metric},
                    {"better", to_string(objective.is_most ? Better::kMore : Better::kLess)}});
  }
  return json;
}

Json limits_json(const SweepSettings& sweep) {
  Json json = Json::array();
  for (const Limit& limit : sweep.limits) {
    Json entry = {{"metric", limit.metric}};
    if (std::isfinite(limit.from)) entry["from"] = limit.from;
    if (std::isfinite(limit.to)) entry["to"] = limit.to;
    json.push_back(std::move(entry));
  }
  return json;
}

/// What all points have in common, ahead of what varies.
std::string common_words(Sweep& sweep) {
  if (sweep.points().empty()) return "";
  const SweepSettings& settings = sweep.settings();
  const Scenario first = sweep.scenario_of(sweep.points().front());
  const bool varies = std::count(settings.keys.begin(), settings.keys.end(), "run.level") != 0;
  std::string words = varies ? "" : fmt::format(" --level {}", to_string(first.run.level));
  if (!settings.fixed.empty()) words += " " + setting_words(settings.fixed, effective_settings(first));
  for (const SettingOverride& given : sweep.overrides()) words += " --set " + shell_word(given.text);
  return words;
}

/// Each axis with its choices: what they are called, and their words for a command. The scenarios are the
/// first axis.
class AxesJson {
 public:
  explicit AxesJson(Sweep& sweep) : sweep_(sweep) {
    Json scenarios = {{"keys", {"scenario"}}, {"choices", Json::array()}, {"words", Json::array()}};
    for (const std::string& name : sweep.scenario_files()) scenarios["choices"].push_back({name});
    for (const std::filesystem::path& file : sweep.settings().scenarios)
      scenarios["words"].push_back(shell_word(file.string()));
    axes_.push_back(std::move(scenarios));
    for (const Axis& axis : sweep.settings().axes) {
      Json entry = {{"keys", Json::array()}, {"choices", Json::array()}, {"words", Json::array()}};
      for (const Assignment& value : axis.choices.front()) entry["keys"].push_back(value.key);
      for (const std::vector<Assignment>& choice : axis.choices) {
        entry["choices"].push_back(texts_of(choice, axis.choices.front()));
        entry["words"].push_back(nullptr);
      }
      axes_.push_back(std::move(entry));
    }
  }

  /// Words of the choices that no point before has made.
  void note(const SweepPoint& point, const std::vector<std::size_t>& choices) {
    std::optional<EffectiveSettings> effective;
    for (std::size_t a = 1; a < axes_.size(); ++a) {
      Json& words = axes_[a]["words"][choices[a]];
      if (!words.is_null()) continue;
      if (!effective) effective = effective_settings(sweep_.scenario_of(point));
      words = setting_words(sweep_.settings().axes[a - 1].choices[choices[a]], *effective);
    }
  }

  Json take() { return std::move(axes_); }

 private:
  /// In the order of the keys of `first`.
  static Json texts_of(const std::vector<Assignment>& choice, const std::vector<Assignment>& first) {
    Json texts = Json::array();
    for (const Assignment& wanted : first) {
      for (const Assignment& value : choice)
        if (value.key == wanted.key) texts.push_back(value.value);
    }
    return texts;
  }

  Sweep& sweep_;
  Json axes_ = Json::array();
};

/// The points' columns: one array for each figure and each axis.
Json points_json(Sweep& sweep, ResultStore& store, AxesJson& axes) {
  const std::set<std::uint64_t> front = sweep.front(store);
  Json keys = Json::array(), fronts = Json::array(), verdicts = Json::array(), messages = Json::array();
  Json choices(sweep.space().sizes().size(), Json::array()), figures(kMetrics, Json::array());
  for (const SweepPoint& point : sweep.points()) {
    const auto result = store.find(point.key.point);
    if (!result) continue;
    const std::vector<std::size_t> chosen = sweep.space().choices_of(point.index);
    axes.note(point, chosen);
    keys.push_back(fmt::format("{:016x}", point.key.point));
    fronts.push_back(front.count(point.key.point));
    verdicts.push_back(to_string(result->verdict));
    messages.push_back(result->message);
    for (std::size_t a = 0; a < chosen.size(); ++a) choices[a].push_back(chosen[a]);
    for (std::size_t m = 0; m < kMetrics; ++m) figures[m].push_back(result->figures[m]);
  }
  return {{"keys", keys},         {"front", fronts},    {"verdicts", verdicts},
          {"messages", messages}, {"choices", choices}, {"figures", figures}};
}

}  // namespace

std::string sweep_page(Sweep& sweep, ResultStore& store) {
  const SweepSettings& settings = sweep.settings();
  AxesJson axes(sweep);
  Json points = points_json(sweep, store, axes);
  const Json data = {{"name", settings.name},
                     {"program", sweep.program()},
                     {"method", to_string(settings.method)},
                     {"checked", sweep.points().size()},
                     {"metrics", metrics_json()},
                     {"objectives", objectives_json(settings)},
                     {"limits", limits_json(settings)},
                     {"common", common_words(sweep)},
                     {"axes", axes.take()},
                     {"points", std::move(points)}};
  return report::html_page(settings.name,
                           {report::page_design_points_script(), report::page_sensitivity_script(),
                            report::page_parallel_axes_script(), report::page_sweep_script()},
                           data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace bitbalance::explore
