#include "testbench/recost_command.h"

#include <fmt/format.h>

#include <filesystem>

#include "quant/interruption.h"
#include "quant/output_file.h"
#include "testbench/action_record.h"
#include "testbench/cost_report.h"
#include "testbench/stop_signals.h"
#include "testbench/technology.h"

namespace bitbalance {
namespace fs = std::filesystem;

void recost_command(const RecostArguments& arguments) {
  const fs::path actions = fs::path(arguments.results) / "actions.yaml";
  std::error_code ignored;
  if (!fs::is_regular_file(actions, ignored)) {
    throw SettingsError(
        fmt::format("{}: no such file; accepted: the results folder of a run", actions.string()));
  }
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
