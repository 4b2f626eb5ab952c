#include "cli/recost_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/interruption.h"
#include "base/output_file.h"
#include "testbench/report/action_record.h"
#include "testbench/report/cost_report.h"
#include "testbench/report/manifest.h"
#include "testbench/run/stop_signals.h"
#include "testbench/scenario/technology.h"

namespace bitbalance {
namespace fs = std::filesystem;

namespace {

/// A table must not take the place of what a command reads, or left as a result.
void check_table(const fs::path& csv, const std::vector<fs::path>& inputs) {
  std::error_code ignored;
  const fs::path file = fs::weakly_canonical(csv, ignored);
  const auto results = read_manifest(file.parent_path());
  const bool is_input = std::any_of(inputs.begin(), inputs.end(), [&](const fs::path& input) {
    return fs::equivalent(file, input, ignored);
  });
  const bool is_result = results && results->files.count(file.filename().string()) != 0;
  if (!is_input && !is_result) return;
  throw SettingsError(fmt::format("--csv {}: is {}; accepted: another file", csv.string(),
                                  is_input ? "read by this command" : "a result of an earlier command"));
}

}  // namespace

void recost_command(const RecostArguments& arguments) {
  const fs::path actions = fs::path(arguments.results) / "actions.yaml";
  std::error_code ignored;
  if (!fs::is_regular_file(actions, ignored)) {
    throw SettingsError(
        fmt::format("{}: no such file; accepted: the results folder of a run", actions.string()));
  }
  if (!arguments.csv.empty()) check_table(arguments.csv, {actions, arguments.technology});
  std::vector<SettingOverride> overrides;
  for (const std::string& setting : arguments.settings) overrides.push_back({setting, ""});
  const Technology technology = load_technology(arguments.technology, overrides);
  const ActionRecord record = load_actions(actions);
  const CostReport report = cost_of(record, technology);
  const StopSignals stop;  // nothing of a file is left half-written
  throw_if_interrupted();
  if (!arguments.csv.empty()) write_file(arguments.csv, energy_csv(report));
  fmt::print("{}: {} frames of {} in {}\n\n{}", record.scenario, record.frames, actions.string(),
             report.technology, cost_table(report));
}

}  // namespace bitbalance
