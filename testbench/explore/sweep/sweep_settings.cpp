#include "testbench/explore/sweep/sweep_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>

#include "base/text/nearest_word.h"
#include "base/text/number.h"
#include "testbench/explore/sweep/point/point_result.h"
#include "testbench/explore/sweep/space/value_range.h"
#include "testbench/scenario/settings/settings_writer.h"

namespace bitbalance::explore {
namespace {

bool gives(const std::vector<Assignment>& assignments, const std::string& key) {
  return std::any_of(assignments.begin(), assignments.end(),
                     [&](const Assignment& given) { return given.key == key; });
}

class SweepReader {
 public:
  SweepReader(const std::filesystem::path& file, SettingsFiles* files) : reader_(file, {}, files) {
    sweep_.file = file;
    sweep_.name = file.stem().string();
  }

  SweepSettings read() {
    reader_.read([this] { show(); });
    if (sweep_.axes.empty() && sweep_.scenarios.size() < 2)
      refuse("space: nothing varies; accepted: keys with several values in space, points or scenarios");
    return std::move(sweep_);
  }

 private:
  void show() {
    SettingsReader& v = reader_;
    v.text({"name", "of the results; default: the file's"}, sweep_.name);
    std::vector<PlacedText> scenarios;
    v.texts({"scenarios", "files whose settings the keys below replace"}, scenarios);
    v.required();
    v.rule(!scenarios.empty(), "scenarios", "none; accepted: one or more files");
    std::size_t level = level_names().size();  // none of them: not given
    v.choice({"level", "level of detail"}, level, level_names());
    v.choice({"method", "which points of the grid"}, sweep_.method,
             {to_string(SweepMethod::kGrid), to_string(SweepMethod::kRandom),
              to_string(SweepMethod::kLatinHypercube), to_string(SweepMethod::kNsga2)});
    v.integer({"count", "of points, without `grid`"}, sweep_.count, 0, kMostPoints);
    const bool draws = sweep_.method == SweepMethod::kRandom || sweep_.method == SweepMethod::kLatinHypercube;
    v.rule(draws == (sweep_.count > 0), "count",
           !draws ? fmt::format("given with method {}; accepted: with random, latin_hypercube",
                                to_string(sweep_.method))
                  : fmt::format("not given; accepted with method {}: 1 to {}", to_string(sweep_.method),
                                kMostPoints));
    v.integer({"seed", "of what is drawn"}, sweep_.seed, 0, std::int64_t{1} << 62);
    v.only_if(sweep_.method == SweepMethod::kNsga2, "with method nsga2", [&] {
      v.integer({"population", "of a generation"}, sweep_.population, 4, 10'000);
      v.integer({"generations", "that are evaluated"}, sweep_.generations, 1, 100'000);
    });
    v.section({"objectives", "figures that a design is wanted for: max or min"}, [&] { read_objectives(); });
    v.rule(!sweep_.objectives.empty() || sweep_.method != SweepMethod::kNsga2, "objectives",
           "not given; accepted with method nsga2: figures with max or min");
    v.section({"limits", "of figures: from, to"}, [&] { read_limits(); });
    v.rule(!sweep_.objectives.empty() || sweep_.limits.empty(), "limits",
           "given without objectives; accepted: with figures that a design is wanted for");
    v.section({"settings", "the same at all points"}, [&] { read_fixed(); });
    v.section({"space", "keys with their values"}, [&] { read_space(); });
    Axis points;
    v.list(
        {"points", "keys that vary together"}, [&](std::size_t size) { points.choices.resize(size); },
        [&] { return points.choices.size(); }, [&](std::size_t i) { read_point(points.choices[i]); });
    if (!points.choices.empty()) add_points(std::move(points));
    if (level < level_names().size()) take_level(static_cast<Level>(level));
    v.texts({"constraints", "expressions that a point must fulfil"}, sweep_.constraints);
    for (const PlacedText& scenario : scenarios) add_scenario(scenario);
    v.rule(sweep_.method != SweepMethod::kNsga2 || scenarios.size() == 1, "scenarios",
           "several with method nsga2; accepted: one, whose designs compete");
  }

  /// What run.level says of all points would win.
  void take_level(Level level) {
    sweep_.level = level;
    constexpr const char* kKey = "run.level";
    reader_.rule(std::count(sweep_.keys.begin(), sweep_.keys.end(), kKey) == 0, "level",
                 fmt::format("{}, and {} varies; accepted: one of them", to_string(level), kKey));
    for (const Assignment& fixed : sweep_.fixed) {
      reader_.rule(fixed.key != kKey || fixed.value == to_string(level), "level",
                   fmt::format("{}, and {} {} in settings; accepted: one of them", to_string(level), kKey,
                               fixed.value));
    }
  }

  void add_scenario(const PlacedText& name) {
    const std::filesystem::path file = (sweep_.file.parent_path() / name.text).lexically_normal();
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
      throw SettingsError(
          fmt::format("{}: {}: no such file; accepted: a scenario", name.place, file.string()));
    }
    sweep_.scenarios.push_back(file);
  }

  Assignment single(const FreeKey& key) const {
    if (key.values.size() != 1)
      throw SettingsError(fmt::format("{}: several values; accepted: one, or several in space", key.place));
    return {key.key, key.values.front(), key.place, key.file};
  }

  static std::size_t metric_of(const FreeKey& key) {
    std::vector<std::string> names;
    for (const Metric& metric : metrics()) {
      if (metric.name == key.key) return names.size();
      names.emplace_back(metric.name);
    }
    throw SettingsError(fmt::format("{}: unknown figure{}; accepted: {}", key.place,
                                    suggestion(key.key, names), fmt::join(names, ", ")));
  }

  void read_objectives() {
    std::vector<FreeKey> keys;
    reader_.free_keys(keys);
    for (const FreeKey& key : keys) {
      const std::string direction = single(key).value;
      if (direction != "max" && direction != "min")
        throw SettingsError(fmt::format("{}: '{}'; accepted: max, min", key.place, direction));
      sweep_.objectives.push_back({metric_of(key), direction == "max"});
    }
  }

  void read_limits() {
    std::vector<FreeKey> keys;
    reader_.free_keys(keys);
    for (const FreeKey& key : keys) {
      Limit limit;
      limit.metric = metric_of(key);
      for (const auto& [field, text] : key.fields) {
        const auto number = real_number(text);
        if ((field != "from" && field != "to") || !number) {
          throw SettingsError(
              fmt::format("{}: {}: {}; accepted: from, to with a number", key.place, field, text));
        }
        (field == "from" ? limit.from : limit.to) = *number;
      }
      if (key.fields.empty() || limit.from > limit.to) {
        throw SettingsError(
            fmt::format("{}: no range; accepted: {{from: 1, to: 5}}, or one of both", key.place));
      }
      sweep_.limits.push_back(limit);
    }
  }

  void read_fixed() {
    std::vector<FreeKey> keys;
    reader_.free_keys(keys);
    for (const FreeKey& key : keys) sweep_.fixed.push_back(single(key));
  }

  void read_space() {
    std::vector<FreeKey> keys;
    reader_.free_keys(keys);
    for (const FreeKey& key : keys) {
      Axis axis;
      for (const std::string& value : key.fields.empty() ? key.values : values_of_range(key))
        axis.choices.push_back({{key.key, value, key.place, key.file}});
      add_key(key.key, key.place);
      sweep_.axes.push_back(std::move(axis));
    }
  }

  void read_point(std::vector<Assignment>& point) {
    std::vector<FreeKey> keys;
    reader_.free_keys(keys);
    for (const FreeKey& key : keys) point.push_back(single(key));
  }

  /// All points give the same keys, so that none depends on which came before.
  void add_points(Axis points) {
    const std::vector<Assignment>& first = points.choices.front();
    for (const Assignment& assignment : first) add_key(assignment.key, assignment.place);
    for (std::size_t i = 0; i < points.choices.size(); ++i) {
      const std::vector<Assignment>& point = points.choices[i];
      const bool alike = point.size() == first.size() &&
                         std::all_of(first.begin(), first.end(),
                                     [&](const Assignment& wanted) { return gives(point, wanted.key); });
      if (!alike || point.empty())
        refuse(fmt::format("points[{}]: other keys than points[0]; accepted: the same in all points", i));
    }
    sweep_.axes.push_back(std::move(points));
  }

  void add_key(const std::string& key, const std::string& place) {
    if (std::count(sweep_.keys.begin(), sweep_.keys.end(), key) != 0 || gives(sweep_.fixed, key)) {
      throw SettingsError(
          fmt::format("{}: given twice; accepted: once in settings, space and points", place));
    }
    sweep_.keys.push_back(key);
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw SettingsError(fmt::format("{}: {}", sweep_.file.string(), what));
  }

  SettingsReader reader_;
  SweepSettings sweep_;
};

}  // namespace

const char* to_string(SweepMethod method) {
  switch (method) {
    case SweepMethod::kGrid:
      return "grid";
    case SweepMethod::kRandom:
      return "random";
    case SweepMethod::kLatinHypercube:
      return "latin_hypercube";
    case SweepMethod::kNsga2:
      return "nsga2";
  }
  return "?";
}

SettingOverride Assignment::as_override() const {
  return {key + "=" + yaml_quoted(value), place, file};
}

SweepSettings load_sweep(const std::filesystem::path& file, SettingsFiles* files) {
  return SweepReader(file, files).read();
}

}  // namespace bitbalance::explore
