// `bitbalance recost`: what a stored run would cost in another technology, without simulating it again.
#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file/output_file.h"
#include "base/process/interruption.h"
#include "base/text/config_error.h"
#include "base/text/outside_text.h"
#include "cli/check_output.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/overrides.h"
#include "testbench/report/action_record.h"
#include "testbench/report/cost_report.h"
#include "testbench/report/folder/manifest.h"
#include "testbench/run/process/console.h"
#include "testbench/run/process/stop_signals.h"
#include "testbench/scenario/settings/settings_files.h"
#include "testbench/scenario/technology.h"

namespace bitbalance::cli {
namespace {

struct RecostArguments {
  std::string results;                ///< folder of a run
  std::string technology;             ///< file
  std::vector<std::string> settings;  ///< "path.to.key=value" of the technology
  std::string csv;                    ///< energy.csv to write; empty: none
};

namespace fs = std::filesystem;

/// Puts what does not fit the record down to the technology's file.
CostReport costed(const ActionRecord& record, const Technology& technology, const std::string& file) {
  try {
    return cost_of(record, technology);
  } catch (const ConfigError& refused) {
    throw refused.of(one_line(file));
  }
}

void recost_command(const RecostArguments& arguments) {
  const fs::path actions = fs::path(arguments.results) / "actions.yaml";
  std::error_code ignored;
  if (!fs::is_regular_file(actions, ignored)) {
    throw SettingsError(
        fmt::format("{}: no such file; accepted: the results folder of a run", actions.string()));
  }
  SettingsFiles files;
  const Technology technology =
      load_technology(arguments.technology, overrides_of(arguments.settings), &files);
  files.note(actions);
  check_outputs({{"--csv", arguments.csv}}, files.read());
  const ActionRecord record = load_actions(actions);
  const CostReport report = costed(record, technology, arguments.technology);
  const StopSignals stop;  // nothing of a file is left half-written
  throw_if_interrupted();
  if (!arguments.csv.empty()) write_file(arguments.csv, energy_csv(report));
  write_stdout(fmt::format("{}: {} frames of {} in {}\n\n{}", one_line(record.scenario), record.frames,
                           one_line(actions.string()), report.technology, cost_table(report)));
}

}  // namespace

Subcommand add_recost_command(CLI::App& parent) {
  const auto arguments = std::make_shared<RecostArguments>();
  CLI::App* const app =
      parent.add_subcommand("recost", "Cost a stored run in a technology, without simulating");
  app->add_option("results", arguments->results, "results folder of a run")->required()->type_name("DIR");
  app->add_option("--technology", arguments->technology, "constants, as in scenarios/technology")
      ->required()
      ->type_name("FILE");
  add_texts(*app, "-D,--set", arguments->settings, "override a constant, as in logic.adder.energy.value=0.3")
      ->type_name("path.to.key=value");
  app->add_option("--csv", arguments->csv, "write energy by layer, component and action")->type_name("FILE");
  app->footer(R"(
Examples:
  bitbalance recost results/lenet --technology scenarios/technology/65nm.yaml --set dram.type=ddr3
  bitbalance recost results/lenet --technology scenarios/technology/65nm.yaml --set target.voltage_v=1.0

Exit code: 0, 2 for a mistake in arguments or files, 3 if this machine refuses (disk, memory), both told in
one line, 128 + signal when stopped.)");
  return {app, [arguments] {
            recost_command(*arguments);
            return kExitPass;
          }};
}

}  // namespace bitbalance::cli
