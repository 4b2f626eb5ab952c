// `bitbalance sweep`: many design points from one file, their results in one database.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/file/output_file.h"
#include "base/process/threads.h"
#include "base/text/number.h"
#include "base/text/outside_text.h"
#include "base/text/shell_word.h"
#include "base/text/word_choice.h"
#include "base/version.h"
#include "cli/check_output.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/overrides.h"
#include "testbench/explore/sweep/page/sweep_page.h"
#include "testbench/explore/sweep/search/search.h"
#include "testbench/explore/sweep/sweep.h"
#include "testbench/explore/sweep/task/slurm.h"
#include "testbench/explore/sweep/task/slurm_array.h"
#include "testbench/report/folder/file_name.h"
#include "testbench/run/process/console.h"
#include "testbench/run/process/progress.h"
#include "testbench/run/process/stop_signals.h"
#include "testbench/scenario/settings/settings_files.h"

namespace bitbalance::cli {
namespace {

struct SweepArguments {
  std::string sweep;
  std::vector<std::string> settings;  ///< "path.to.key=value"
  std::vector<std::string> sbatch;    ///< options of it
  std::string engine = "processes";
  std::string jobs;  ///< the following are empty when not given
  std::string out;
  std::string csv;
  std::string html;
  std::string tasks;
  std::string task;
};

constexpr const char* kSlurm = "slurm";

int jobs_of(const SweepArguments& arguments) {
  return arguments.jobs.empty() ? threads_of(0) : number_of("--jobs", arguments.jobs, kMostJobs);
}

void check_engine(const SweepArguments& arguments) {
  place_of(arguments.engine, {"processes", kSlurm}, "--engine");
  if (arguments.engine == kSlurm) return;
  for (const auto& [option, given] :
       {std::pair{"--tasks", !arguments.tasks.empty()}, {"--sbatch", !arguments.sbatch.empty()}}) {
    if (given)
      throw SettingsError(fmt::format("{}: given without --engine slurm; accepted: with it", option));
  }
}

ArrayOptions array_options(const SweepArguments& arguments) {
  constexpr int kMostTasks = 1'000'000;
  ArrayOptions options;
  if (!arguments.tasks.empty())
    options.tasks = static_cast<std::uint64_t>(number_of("--tasks", arguments.tasks, kMostTasks));
  options.sbatch = arguments.sbatch;
  // A task has one processor unless the user says more: those of its node are not all its own.
  const std::string jobs = arguments.jobs.empty() ? "1" : arguments.jobs;
  std::vector<std::string> words = {std::filesystem::read_symlink("/proc/self/exe").string(), "sweep",
                                    std::filesystem::absolute(arguments.sweep).string(), "--jobs", jobs};
  for (const std::string& setting : arguments.settings) {
    words.emplace_back("--set");
    words.push_back(setting);
  }
  for (const std::string& word : words) options.command += shell_word(word) + " ";
  return options;
}

std::string summary(const SweepOutcome& outcome) {
  std::string text = fmt::format("points    {}", outcome.points);
  if (outcome.excluded > 0) text += fmt::format(", {} excluded by constraints", outcome.excluded);
  text += fmt::format("\nresults   {} computed, {} were there", outcome.computed, outcome.found);
  if (outcome.refused > 0) text += fmt::format(", {} refused", outcome.refused);
  if (outcome.failed > 0) text += fmt::format(", {} failed", outcome.failed);
  if (outcome.missing > 0) text += fmt::format(", {} lost", outcome.missing);
  return text + "\n";
}

/// Points that the sweep comes to at most.
std::uint64_t most_points(const Sweep& sweep) {
  const SweepSettings& settings = sweep.settings();
  if (settings.method != SweepMethod::kNsga2) return sweep.points().size();
  return std::min(static_cast<std::uint64_t>(settings.population * settings.generations),
                  sweep.space().points());
}

/// `read`: by more than the points.
void check_files(const SweepArguments& arguments, const Sweep& sweep,
                 const std::set<std::filesystem::path>& read) {
  std::set<std::filesystem::path> files = sweep.read();
  files.insert(read.begin(), read.end());
  check_outputs({{"--csv", arguments.csv}, {"--html", arguments.html}}, files);
  if (!arguments.html.empty() && most_points(sweep) > kMostPagePoints) {
    throw SettingsError(fmt::format("--html: {} points; accepted: {} at most, or --csv", most_points(sweep),
                                    kMostPagePoints));
  }
}

void write_outputs(const SweepArguments& arguments, Sweep& sweep, ResultStore& store) {
  if (!arguments.csv.empty()) {
    OutputFile csv(arguments.csv);
    sweep.write_csv(store, [&](const std::string& line) { csv.write(line); });
    csv.close();
  }
  if (!arguments.html.empty()) write_file(arguments.html, sweep_page(sweep, store));
}

int sweep_command(const SweepArguments& arguments) {
  const StopSignals stop;
  const int jobs = jobs_of(arguments);
  check_engine(arguments);
  SettingsFiles files;
  Sweep sweep(load_sweep(arguments.sweep, &files), overrides_of(arguments.settings),
              fmt::format("{} ({})", kVersion, revision()));
  std::map<std::string, Progress> phases;
  const auto progress = [&](const char* phase, double share) {
    phases.try_emplace(phase, phase).first->second.update(share);
  };
  const bool searches = sweep.settings().method == SweepMethod::kNsga2;
  if (searches && (arguments.engine == kSlurm || !arguments.task.empty())) {
    throw SettingsError(fmt::format(
        "{}: method: nsga2; accepted with --engine slurm: a method whose points are known", arguments.sweep));
  }
  if (!arguments.task.empty()) {
    sweep.take_points(arguments.task);
  } else if (!searches) {
    sweep.check_points(jobs, progress);
  }
  ResultStore store(arguments.out.empty() ? default_results(sweep.settings().name) + ".sqlite"
                                          : arguments.out);
  files.note(store.file());
  if (!arguments.task.empty()) files.note(arguments.task);
  check_files(arguments, sweep, files.read());
  const SweepOutcome outcome = arguments.engine == kSlurm
                                   ? run_as_array(sweep, store, array_options(arguments))
                               : searches ? search(sweep, store, jobs, progress)
                                          : sweep.run(store, jobs, progress);
  phases.clear();
  check_files(arguments, sweep, files.read());  // a search has come to more points
  write_outputs(arguments, sweep, store);
  write_stdout(summary(outcome) + fmt::format("database  {}\n", one_line(store.file().string())));
  for (const std::string& lost : outcome.lost) tell("lost: " + lost);
  if (outcome.missing > 0) return kExitMachine;
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
  app->add_option("--html", arguments->html,
                  "also write them as a page for the browser: fronts, what each key does")
      ->type_name("FILE");
  app->add_option("--engine", arguments->engine, "processes, or slurm: tasks of an array")->type_name("NAME");
  app->add_option("--tasks", arguments->tasks,
                  "with --engine slurm: tasks of the array, by default one for 500 points")
      ->type_name("N");
  add_texts(*app, "--sbatch", arguments->sbatch, "with --engine slurm: an option of sbatch; repeatable")
      ->type_name("OPTION");
  app->add_option("--task", arguments->task, "what a task of an array runs: only the points of this list")
      ->type_name("FILE");
  add_texts(*app, "-D,--set", arguments->settings, "override a setting of every point")
      ->type_name("path.to.key=value");
  app->footer(R"(
Examples:
  bitbalance sweep scenarios/sweeps/resnet50-arrays.yaml
  bitbalance sweep scenarios/sweeps/resnet50-arrays.yaml --jobs 2 --out out/resnet50.sqlite --csv out/resnet50.csv
  bitbalance sweep scenarios/sweeps/lenet.yaml --html out/lenet.html
  bitbalance sweep scenarios/sweeps/resnet50-arrays.yaml --set memory.latency_cycles=80
  bitbalance sweep scenarios/sweeps/resnet50-arrays.yaml --engine slurm --tasks 20 --sbatch=--partition=short

A sweep that was stopped or killed goes on where it was when it is given again.
Exit code: 0, 1 a point computes something else than the golden model, 2 a mistake in arguments or files, 3
this machine refuses (disk, memory, processes) or a point was lost, 128 + signal when stopped; 2 and 3 are
told in one line.)");
  return {app, [arguments] { return sweep_command(*arguments); }};
}

}  // namespace bitbalance::cli
