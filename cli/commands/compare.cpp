// `bitbalance compare`: scenarios in, one table, one page, one chart and one results folder out.
#include <fmt/format.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/process/parallel.h"
#include "base/text/outside_text.h"
#include "base/text/split.h"
#include "base/text/word_choice.h"
#include "base/version.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/overrides.h"
#include "testbench/explore/comparison/evaluate.h"
#include "testbench/explore/comparison/report.h"
#include "testbench/report/chart.h"
#include "testbench/report/folder/file_name.h"
#include "testbench/report/folder/results_folder.h"
#include "testbench/run/process/console.h"
#include "testbench/run/process/stop_signals.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::cli {
namespace {

struct CompareArguments {
  std::vector<std::string> scenarios;
  std::vector<std::string> settings;  ///< "path.to.key=value", for all scenarios
  std::string rule = "equal-lanes";
  std::string baselines;  ///< separated by commas; empty: all
  std::string out;        ///< empty: results/compare
};

constexpr int kChartColumns = 2;

SizingRule sizing_rule(const std::string& name) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(SizingRule::kCount));
  for (int i = 0; i < static_cast<int>(SizingRule::kCount); ++i)
    names.emplace_back(to_string(static_cast<SizingRule>(i)));
  return static_cast<SizingRule>(place_of(name, names, "--rule"));
}

const BaselineKind* baseline(const std::string& name) {
  const std::vector<const BaselineKind*> kinds = baseline_kinds();
  std::vector<std::string> names;
  names.reserve(kinds.size());
  for (const BaselineKind* kind : kinds) names.emplace_back(kind->name());
  return kinds[place_of(name, names, "--baselines")];
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
  options.rule = sizing_rule(arguments.rule);
  if (arguments.baselines.empty()) {
    options.baselines = baseline_kinds();
  } else {
    for (const std::string& name : split(arguments.baselines, ',')) {
      const BaselineKind* const kind = baseline(name);
      if (std::count(options.baselines.begin(), options.baselines.end(), kind) != 0)
        throw SettingsError(fmt::format("--baselines: {} twice; accepted: each once", name));
      options.baselines.push_back(kind);
    }
  }
  const std::vector<SettingOverride> overrides = overrides_of(arguments.settings);
  std::vector<Scenario> scenarios;
  for (const std::string& file : arguments.scenarios) scenarios.push_back(load(file, overrides));
  ResultsFolder folder(arguments.out.empty() ? default_results("compare") : arguments.out, "compare");

  std::vector<NetworkComparison> comparisons = evaluate_all(scenarios, options);
  folder.write("compare.csv", to_csv(comparisons));
  const std::string json = to_json(comparisons, {kVersion, revision()});
  folder.write("compare.json", json);
  folder.write("report.html", comparison_page(json, scenarios));
  const Picture picture = draw_svg(charts(comparisons), kChartColumns);
  if (!picture.svg.empty()) folder.write("compare.svg", picture.svg);
  folder.commit();
  return {std::move(comparisons), picture.why, folder.target().string()};
}

void compare_command(const CompareArguments& arguments) {
  const Compared compared = compare_and_write(arguments);
  for (const NetworkComparison& comparison : compared.networks)
    write_stdout(comparison_table(comparison) + "\n");
  write_stdout(comparison_legend());
  if (!compared.without_picture.empty()) write_stdout(compared.without_picture + "\n");
  write_stdout(fmt::format("results   {}\n", one_line(compared.folder)));
}

}  // namespace

Subcommand add_compare_command(CLI::App& parent) {
  const auto arguments = std::make_shared<CompareArguments>();
  CLI::App* const app = parent.add_subcommand(
      "compare", "Compare with other accelerators: cycles, energy and area, from the same parts and memory");
  add_texts(*app, "scenarios", arguments->scenarios, "YAML files, each with a technology")
      ->required()
      ->type_name("FILE");
  app->add_option("--rule", arguments->rule, "how large the others are: equal-lanes, equal-area")
      ->type_name("RULE");
  app->add_option("--baselines", arguments->baselines, "only these, separated by commas")
      ->type_name("NAME,...");
  add_texts(*app, "-D,--set", arguments->settings, "override a setting of every scenario")
      ->type_name("path.to.key=value");
  app->add_option("--out", arguments->out, "results folder, by default results/compare")->type_name("DIR");
  app->footer(R"(
Examples:
  bitbalance compare scenarios/fashion.yaml
  bitbalance compare scenarios/vgg16.yaml scenarios/resnet50.yaml --rule equal-area --baselines bitlet,bitwave

Results: report.html for the browser, compare.csv, compare.json and, with gnuplot, compare.svg.
Exit code: 0, 2 for a mistake in arguments or files, 3 if this machine refuses (disk, memory), both told in
one line, 128 + signal when stopped.)");
  return {app, [arguments] {
            compare_command(*arguments);
            return kExitPass;
          }};
}

}  // namespace bitbalance::cli
