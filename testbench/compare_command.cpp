#include "testbench/compare_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include "testbench/chart.h"
#include "testbench/comparison/evaluate.h"
#include "testbench/comparison/report.h"
#include "testbench/results_folder.h"
#include "testbench/settings.h"

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
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < scenarios.size(); i = next++)
      results[i] = evaluate(prepare_subject(scenarios[i]), options);
  };
  std::vector<std::future<void>> workers;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
    workers.push_back(std::async(std::launch::async, work));
  for (std::future<void>& worker : workers) worker.get();
  return results;
}

}  // namespace

void compare_command(const CompareArguments& arguments) {
  ComparisonOptions options;
  options.rule = parse("--rule", arguments.rule, SizingRule::kCount);
  for (const std::string& name : arguments.baselines)
    options.baselines.push_back(parse("--baselines", name, BaselineKind::kCount));
  if (options.baselines.empty()) options.baselines = all_baselines();
  std::vector<SettingOverride> overrides;
  for (const std::string& setting : arguments.settings) overrides.push_back({setting, ""});
  std::vector<Scenario> scenarios;
  for (const std::string& file : arguments.scenarios) scenarios.push_back(load(file, overrides));
  const std::string out = arguments.out.empty() ? "results/compare" : arguments.out;
  static_cast<void>(ResultsFolder{out});  // refused before the work, not after it

  const std::vector<NetworkComparison> comparisons = evaluate_all(scenarios, options);
  ResultsFolder folder(out);
  folder.write("compare.csv", to_csv(comparisons));
  folder.write("compare.json", to_json(comparisons));
  const std::optional<std::string> picture = draw_svg(charts(comparisons), kChartColumns);
  if (picture) folder.write("compare.svg", *picture);
  folder.commit();
  for (const NetworkComparison& comparison : comparisons) fmt::print("{}\n", comparison_table(comparison));
  fmt::print("{}", comparison_legend());
  if (!picture) fmt::print("{}\n", kNoGnuplot);
  fmt::print("results   {}\n", folder.target().string());
}

}  // namespace bitbalance
