// `bitbalance sweep`: many design points from one file, their results in one database.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/number.h"
#include "base/output_file.h"
#include "base/outside_text.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/version.h"
#include "testbench/explore/sweep/sweep.h"
#include "testbench/report/file_name.h"
#include "testbench/run/console.h"
#include "testbench/run/progress.h"
#include "testbench/run/stop_signals.h"

namespace bitbalance::cli {
namespace {

struct SweepArguments {
  std::string sweep;
  std::vector<std::string> settings;  ///< "path.to.key=value"
  std::string jobs;                   ///< the following are empty when not given
  std::string out;
  std::string csv;
};

int jobs_of(const SweepArguments& arguments) {
  if (arguments.jobs.empty()) return threads_of(0);
  constexpr int kMost = 256;
  const auto jobs = whole_number(arguments.jobs, 1, kMost);
  if (!jobs) throw SettingsError(fmt::format("--jobs: '{}'; accepted: 1 to {}", arguments.jobs, kMost));
  return *jobs;
}

std::string summary(const SweepOutcome& outcome) {
  std::string text = fmt::format("points    {}", outcome.points);
  if (outcome.excluded > 0) text += fmt::format(", {} excluded by constraints", outcome.excluded);
  text += fmt::format("\nresults   {} computed, {} were there", outcome.computed, outcome.found);
  if (outcome.refused > 0) text += fmt::format(", {} refused", outcome.refused);
  if (outcome.failed > 0) text += fmt::format(", {} failed", outcome.failed);
  if (!outcome.lost.empty()) text += fmt::format(", {} lost", outcome.lost.size());
  return text + "\n";
}

int sweep_command(const SweepArguments& arguments) {
  const StopSignals stop;
  const int jobs = jobs_of(arguments);
  std::vector<SettingOverride> overrides;
  for (const std::string& setting : arguments.settings) overrides.push_back({setting, ""});
  Sweep sweep(load_sweep(arguments.sweep), overrides, fmt::format("{} ({})", kVersion, revision()));
  std::map<std::string, Progress> phases;
  const auto progress = [&](const char* phase, double share) {
    phases.try_emplace(phase, phase).first->second.update(share);
  };
  sweep.check_points(jobs, progress);
  ResultStore store(arguments.out.empty() ? "results/" + file_name(sweep.settings().name) + ".sqlite"
                                          : arguments.out);
  const SweepOutcome outcome = sweep.run(store, jobs, progress);
  phases.clear();
  if (!arguments.csv.empty()) {
    OutputFile csv(arguments.csv);
    sweep.write_csv(store, [&](const std::string& line) { csv.write(line); });
    csv.close();
  }
  write_stdout(summary(outcome) + fmt::format("database  {}\n", one_line(store.file().string())));
  for (const std::string& lost : outcome.lost) tell("lost: " + lost);
  if (!outcome.lost.empty()) return kExitMachine;
  return outcome.failed == 0 ? kExitPass : kExitFail;
}

}  // namespace

Subcommand add_sweep_command(CLI::App& parent) {
  const auto arguments = std::make_shared<SweepArguments>();
  CLI::App* const app =
      parent.add_subcommand("sweep", "Evaluate many design points; what is computed already is not again");
  app->add_option("sweep", arguments->sweep, "YAML file: scenarios, keys and their values")
      ->required()
      ->type_name("FILE");
  app->add_option("--jobs", arguments->jobs, "processes, by default one for each processor")->type_name("N");
  app->add_option("--out", arguments->out, "database, by default results/<name of the sweep>.sqlite")
      ->type_name("FILE");
  app->add_option("--csv", arguments->csv, "also write the points' results as a table")->type_name("FILE");
  add_texts(*app, "--set", arguments->settings, "override a setting of every point")
      ->type_name("path.to.key=value");
  app->footer(R"(
Examples:
  bitbalance sweep scenarios/sweeps/arrays.yaml
  bitbalance sweep scenarios/sweeps/arrays.yaml --jobs 2 --out out/arrays.sqlite --csv out/arrays.csv
  bitbalance sweep scenarios/sweeps/arrays.yaml --set memory.bytes_per_cycle=25.6

A sweep that was stopped or killed goes on where it was when it is given again.
Exit code: 0, 1 a point computes something else than the golden model, 2 a mistake in arguments or files, 3
this machine refuses (disk, memory, processes) or a point was lost, 128 + signal when stopped; 2 and 3 are
told in one line.)");
  return {app, [arguments] { return sweep_command(*arguments); }};
}

}  // namespace bitbalance::cli
