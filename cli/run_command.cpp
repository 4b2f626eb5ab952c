#include "cli/run_command.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>

#include "base/number.h"
#include "cli/exit_codes.h"
#include "testbench/report/action_record.h"
#include "testbench/report/file_name.h"
#include "testbench/report/results.h"
#include "testbench/report/results_folder.h"
#include "testbench/report/run_table.h"
#include "testbench/run/analytic.h"
#include "testbench/run/console.h"
#include "testbench/run/progress.h"
#include "testbench/run/simulation.h"
#include "testbench/run/stop_signals.h"
#include "testbench/scenario/layer_patterns.h"
#include "testbench/scenario/settings_writer.h"
#include "testbench/scenario/workload.h"
#include "testbench/waveform/waveform.h"

namespace bitbalance {
namespace {

Scenario scenario_of(const RunArguments& arguments) {
  std::vector<SettingOverride> overrides;
  for (const std::string& setting : arguments.settings) overrides.push_back({setting, ""});
  const auto add = [&](const char* path, const char* option, const std::string& value) {
    if (!value.empty()) overrides.push_back({path + ("=" + yaml_quoted(value)), option});
  };
  add("run.level", "--level", arguments.level.empty() && !arguments.rtl.empty() ? "tlm" : arguments.level);
  add("run.rtl", "--rtl", arguments.rtl);
  add("network.count", "--images", arguments.images);
  add("run.golden", "--golden", arguments.golden);
  add("mapping.include", "--mapping", arguments.mapping);
  Scenario scenario = load_scenario(arguments.scenario, overrides);
  if (scenario.run.mixed() || !arguments.jobs.empty())
    scenario.mapping.barrier = LayerBarrier::kProgram;  // where levels and processes can change
  return scenario;
}

/// Processes for the clocked layers; 0: this one.
int jobs_of(const RunArguments& arguments, const Scenario& scenario) {
  if (arguments.jobs.empty()) return 0;
  constexpr int kMost = 256;
  const auto jobs = whole_number(arguments.jobs, 1, kMost);
  if (!jobs) throw SettingsError(fmt::format("--jobs: '{}'; accepted: 1 to {}", arguments.jobs, kMost));
  if (scenario.run.level != Level::kRtl) {
    throw SettingsError(
        fmt::format("--jobs: given with level {}; accepted: with level rtl, and without --rtl",
                    to_string(scenario.run.level)));
  }
  if (!arguments.trace.empty())
    throw SettingsError("--jobs: given with --trace; accepted: --trace with --rtl LAYER, in one process");
  if (scenario.memory.model != MemoryTiming::kIdeal) {
    throw SettingsError(
        fmt::format("--jobs: memory.model is {}, whose time depends on what was before; accepted: ideal",
                    to_string(scenario.memory.model)));
  }
  return *jobs;
}

/// Of the largest process.
std::int64_t peak_rss_bytes() {
  std::int64_t kibibytes = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    kibibytes = std::max<std::int64_t>(kibibytes, usage.ru_maxrss);
  }
  return kibibytes * 1024;
}

Workload prepare(const Scenario& scenario) {
  Progress progress("prepare");
  return prepare_workload(scenario, [&](double share) { progress.update(share); });
}

void check_trace(const RunArguments& arguments, Level level) {
  if (arguments.trace.empty() && !arguments.signals.empty())
    throw SettingsError("--signals: accepted: only together with --trace");
  if (!arguments.trace.empty() && !computes_data(level)) {
    throw SettingsError(
        fmt::format("--trace with level {}: accepted: a level that computes data", to_string(level)));
  }
}

std::unique_ptr<WaveformWindow> make_waveform(const RunArguments& arguments, const Scenario& scenario,
                                              Simulation& simulation, const std::filesystem::path& folder) {
  if (arguments.trace.empty()) return nullptr;
  const TracedLayer traced = traced_layer(arguments.trace, simulation.programs().layer_names());
  const Program& program = simulation.programs().program_with(traced.layer);
  if (simulation.level_of(program) != Level::kRtl) {
    throw SettingsError(fmt::format(
        "--trace {}: the layer runs at level {}; accepted: a layer that --rtl names, or any with --level rtl",
        arguments.trace, to_string(simulation.level_of(program))));
  }
  RtlDevice& device = simulation.system().rtl();
  rtl::SignalList signals;
  device.accelerator.describe(signals);
  auto window = std::make_unique<WaveformWindow>(
      "waveform", waveform_request(traced, arguments.signals, program, scenario.accelerator), program,
      signals, device.clock.signal, device.clock.period(), folder);
  device.accelerator.set_tile_observer(window.get());
  return window;
}

/// With data. Returns the blocks that the mapper chose.
std::vector<LayerMapping> simulate(const RunArguments& arguments, int jobs,
                                   const std::filesystem::path& folder, RunReport& report) {
  const Scenario& scenario = report.scenario;
  const Workload workload = prepare(scenario);
  Simulation simulation(scenario, workload, jobs);
  const auto waveform = make_waveform(arguments, scenario, simulation, folder);
  std::map<std::string, Progress> phases;
  simulation.run(report, [&](const char* phase, double share) {
    if (waveform) waveform->check();
    phases.try_emplace(phase, phase).first->second.update(share);
  });
  phases.clear();
  if (waveform) waveform->finish();
  if (!report.fault.empty()) tell(report.fault);
  report.memory = simulation.system().memory->statistics();
  report.accuracy = workload.task.judge(simulation.decisions(), workload.float_decisions);
  return simulation.programs().mappings();
}

/// From the scenario to the results; where they are.
std::filesystem::path run_and_write(const RunArguments& arguments, RunReport& report) {
  const auto start = std::chrono::steady_clock::now();
  const StopSignals stop;
  report.scenario = scenario_of(arguments);
  const Scenario& scenario = report.scenario;
  check_trace(arguments, scenario.run.level);
  const int jobs = jobs_of(arguments, scenario);
  ResultsFolder folder(arguments.out.empty() ? "results/" + file_name(scenario.name) : arguments.out, "run");

  MappingSettings mapping = scenario.mapping;
  mapping.layers = computes_data(scenario.run.level)
                       ? simulate(arguments, jobs, folder.workspace(), report)
                       : run_analytic(prepare_timing_workload(scenario), report);
  report.host.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.host.peak_rss_bytes = peak_rss_bytes();

  if (report.frames > 0) {
    const ActionRecord record = record_of(report);
    folder.write("actions.yaml", to_yaml(record));
    if (scenario.technology) {
      report.cost = cost_of(record, *scenario.technology);
      folder.write("energy.csv", energy_csv(*report.cost));
    }
  }
  folder.write("effective.yaml", to_yaml(scenario));
  folder.write("mapping.yaml", to_yaml(mapping));
  folder.write("layers.csv", to_csv(report));
  folder.write("summary.json", to_json(report));
  folder.commit();
  return folder.target();
}

}  // namespace

int run_command(const RunArguments& arguments) {
  RunReport report;
  const std::filesystem::path results = run_and_write(arguments, report);
  fmt::print("{}", run_table(report, results.string(), ::isatty(STDOUT_FILENO) == 1));
  return report.passed() ? kExitPass : kExitFail;
}

}  // namespace bitbalance
