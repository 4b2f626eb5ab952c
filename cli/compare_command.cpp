#include "cli/compare_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/parallel.h"
#include "base/split.h"
#include "testbench/explore/comparison/evaluate.h"
#include "testbench/explore/comparison/report.h"
#include "testbench/report/chart.h"
#include "testbench/report/results_folder.h"
#include "testbench/run/stop_signals.h"
#include "testbench/scenario/settings.h"

namespace bitbalance {
namespace {

constexpr int kChartColumns = 2;

/// The value of an enumeration of that name.
template <class Enum>
Enum parse(const char* option, const std::string& name, Enum count) {
  std::vector<std::string> names;
  for (int i = 0; i < static_cast<int>(count); ++i) {
    names.emplace_back(to_string(static_cast<Enum>(i)));
    if (names.back() == name) return static_cast<Enum>(i);
  }
  throw SettingsError(fmt::format("{} {}: accepted: {}", option, name, fmt::join(names, ", ")));
}

Scenario load(const std::string& file, const std::vector<SettingOverride>& overrides) {
  Scenario scenario = load_scenario(file, overrides);
  if (!scenario.technology) {
    throw SettingsError(
        fmt::format("{}: technology: not given; accepted for a comparison: a technology file, as in "
                    "--set technology=scenarios/technology/65nm.yaml",
                    file));
  }
  if (!scenario.network.quantized.empty()) {
    throw SettingsError(
        fmt::format("{}: network.quantized: {}; accepted for a comparison: a float network, whose "
                    "weights are also needed before the limit on their ones",
                    file, scenario.network.quantized.string()));
  }
  if (scenario.memory.model != MemoryTiming::kIdeal) {
    throw SettingsError(fmt::format("{}: memory.model: {}; accepted for a comparison: {}", file,
                                    to_string(scenario.memory.model), to_string(MemoryTiming::kIdeal)));
  }
  return scenario;
}

/// As many at a time as there are processors; results in the order of the scenarios.
std::vector<NetworkComparison> evaluate_all(const std::vector<Scenario>& scenarios,
                                            const ComparisonOptions& options) {
  std::vector<NetworkComparison> results(scenarios.size());
  parallel_for(static_cast<int>(scenarios.size()), 0, [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    results[at] = evaluate(prepare_subject(scenarios[at]), options);
  });
  return results;
}

/// What a comparison leaves behind.
struct Compared {
  std::vector<NetworkComparison> networks;
  std::string without_picture;  ///< why; empty: there is one
  std::string folder;
};

Compared compare_and_write(const CompareArguments& arguments) {
  const StopSignals stop;
  ComparisonOptions options;
  options.rule = parse("--rule", arguments.rule, SizingRule::kCount);
  if (arguments.baselines.empty()) {
    options.baselines = all_baselines();
  } else {
    for (const std::string& name : split(arguments.baselines, ','))
      options.baselines.push_back(parse("--baselines", name, BaselineKind::kCount));
  }
  std::vector<SettingOverride> overrides;
  for (const std::string& setting : arguments.settings) overrides.push_back({setting, ""});
  std::vector<Scenario> scenarios;
  for (const std::string& file : arguments.scenarios) scenarios.push_back(load(file, overrides));
  ResultsFolder folder(arguments.out.empty() ? "results/compare" : arguments.out, "compare");

  std::vector<NetworkComparison> comparisons = evaluate_all(scenarios, options);
  folder.write("compare.csv", to_csv(comparisons));
  folder.write("compare.json", to_json(comparisons));
  const Picture picture = draw_svg(charts(comparisons), kChartColumns);
  if (!picture.svg.empty()) folder.write("compare.svg", picture.svg);
  folder.commit();
  return {std::move(comparisons), picture.why, folder.target().string()};
}

}  // namespace

void compare_command(const CompareArguments& arguments) {
  const Compared compared = compare_and_write(arguments);
  for (const NetworkComparison& comparison : compared.networks)
    fmt::print("{}\n", comparison_table(comparison));
  fmt::print("{}", comparison_legend());
  if (!compared.without_picture.empty()) fmt::print("{}\n", compared.without_picture);
  fmt::print("results   {}\n", compared.folder);
}

}  // namespace bitbalance
