// `bitbalance run`: a scenario from its file to table, verdict and results folder.
#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/process/interruption.h"
#include "base/process/peak_memory.h"
#include "base/text/number.h"
#include "base/text/outside_text.h"
#include "base/version.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/overrides.h"
#include "cli/unused_mappings.h"
#include "cli/waveforms.h"
#include "quant/eval/images/array_file.h"
#include "testbench/report/action_record.h"
#include "testbench/report/console_table.h"
#include "testbench/report/folder/file_name.h"
#include "testbench/report/folder/results_folder.h"
#include "testbench/report/layers_csv.h"
#include "testbench/report/page/run_page.h"
#include "testbench/report/power_series.h"
#include "testbench/report/summary_json.h"
#include "testbench/run/analytic.h"
#include "testbench/run/process/console.h"
#include "testbench/run/process/progress.h"
#include "testbench/run/process/stop_signals.h"
#include "testbench/run/program_export.h"
#include "testbench/run/simulation.h"
#include "testbench/run/trace/run_trace.h"
#include "testbench/scenario/settings/settings_writer.h"
#include "testbench/scenario/workload.h"

namespace bitbalance::cli {
namespace {

struct RunArguments {
  std::string scenario;               ///< empty: `program`
  std::string program;                ///< folder of a program on disk
  std::vector<std::string> settings;  ///< "path.to.key=value"
  std::string level;                  ///< the following are empty when not given
  std::string out;
  std::string images;
  std::string mapping;
  std::string golden;
  std::string jobs;
  std::string rtl;  ///< layers by name or pattern, separated by commas
  WaveformArguments waveforms;
  std::string timeline;  ///< its detail
  std::string power;     ///< cycles of a window
  bool no_cache = false;
};

/// Of --timeline, if it is given.
std::optional<TimelineDetail> detail_of(const RunArguments& arguments) {
  if (arguments.timeline.empty()) return std::nullopt;
  return timeline_detail(arguments.timeline, "--timeline");
}

Scenario scenario_of(const RunArguments& arguments) {
  std::vector<SettingOverride> overrides = overrides_of(arguments.settings);
  const auto add = [&](const char* key, const char* option, const std::string& value) {
    add_override(overrides, key, value, option);
  };
  add("run.level", "--level", arguments.level.empty() && !arguments.rtl.empty() ? "tlm" : arguments.level);
  add("run.rtl", "--rtl", arguments.rtl);
  add("network.count", "--images", arguments.images);
  add("run.golden", "--golden", arguments.golden);
  add("mapping.include", "--mapping", arguments.mapping);
  Scenario scenario = load_scenario(arguments.scenario, overrides);
  if (!arguments.jobs.empty()) scenario.mapping.barrier = LayerBarrier::kLayer;  // where processes can change
  if (detail_of(arguments) == TimelineDetail::kBursts)
    scenario.run.dmi = false;  // a transfer by pointer has none
  return scenario;
}

/// Processes for the clocked layers; 0: this one.
int jobs_of(const RunArguments& arguments, const Scenario& scenario) {
  if (arguments.jobs.empty()) return 0;
  const int jobs = number_of("--jobs", arguments.jobs, kMostJobs);
  if (scenario.run.level != Level::kRtl) {
    throw SettingsError(
        fmt::format("--jobs: given with level {}; accepted: with level rtl, and without --rtl",
                    to_string(scenario.run.level)));
  }
  const std::pair<const char*, bool> records[] = {{"--trace", !arguments.waveforms.windows.empty()},
                                                  {"--timeline", !arguments.timeline.empty()},
                                                  {"--power", !arguments.power.empty()}};
  for (const auto& [option, given] : records) {
    if (given)
      throw SettingsError(fmt::format("--jobs: given with {0}; accepted: {0} in one process", option));
  }
  if (scenario.memory.model != MemoryKind::kIdeal) {
    throw SettingsError(
        fmt::format("--jobs: memory.model is {}, whose time depends on what was before; accepted: ideal",
                    to_string(scenario.memory.model)));
  }
  return jobs;
}

/// nullptr: no cache.
std::unique_ptr<NetworkCache> cache_of(const RunArguments& arguments) {
  const auto folder = arguments.no_cache ? std::nullopt : user_cache_folder();
  return folder ? std::make_unique<NetworkCache>(*folder) : nullptr;
}

Workload prepare(const RunArguments& arguments, const Scenario& scenario) {
  Progress progress("prepare");
  return prepare_workload(
      scenario, [&](double share) { progress.update(share); }, cache_of(arguments).get());
}

constexpr int kMostWindowCycles = 1'000'000'000;

/// Of a window of --power; 0: not given.
int power_cycles(const RunArguments& arguments) {
  return arguments.power.empty() ? 0 : number_of("--power", arguments.power, kMostWindowCycles);
}

/// Of --timeline and --power, as far as they are given.
void add_records(const RunArguments& arguments, const Scenario& scenario, const QuantizedNetwork& network,
                 ResultsFolder& folder, RunTrace& trace) {
  if (const auto detail = detail_of(arguments)) {
    // Under the ideal memory a transfer has a closed form.
    if (*detail == TimelineDetail::kBursts && !computes_data(scenario.run.level) &&
        scenario.memory.model == MemoryKind::kIdeal) {
      throw SettingsError(
          fmt::format("--timeline bursts with level {}: accepted: engines, commands, tiles, another level, "
                      "or a timed memory",
                      to_string(scenario.run.level)));
    }
    folder.announce("timeline.json");
    trace.record_timeline(folder.workspace() / "timeline.json", *detail, scenario.accelerator);
  }
  if (!arguments.power.empty()) {
    if (!scenario.technology)
      throw SettingsError("--power: the scenario has no technology; accepted: one with section technology");
    trace.record_power(power_cycles(arguments), scenario.accelerator, network);
  }
}

/// Of those that were recorded.
std::optional<PowerSeries> power_of(const RunTrace& trace, const Scenario& scenario) {
  if (!trace.power()) return std::nullopt;
  return trace.power()->series(CostModel(*scenario.technology, scenario.accelerator));
}

/// Extents of all images' results. Where they begin with 1, which is the batch as a rule, images take its
/// place: as if the model had run them as one batch. Else images come first. In either case image after
/// image.
Dims stacked(const OutputReport& output) {
  Dims dims = output.dims;
  if (dims.empty() || dims[0] != 1) dims.insert(dims.begin(), 1);
  dims[0] = static_cast<std::int64_t>(output.values.size()) / checked_count(output.dims);
  return dims;
}

/// With data. Returns what the mapper chose.
ChosenMappings simulate(const RunArguments& arguments, int jobs, ResultsFolder& folder, RunReport& report,
                        std::optional<PowerSeries>& power) {
  const Scenario& scenario = report.scenario;
  const Workload workload = prepare(arguments, scenario);
  Simulation simulation(scenario, workload, jobs, arguments.rtl.empty() ? "run.rtl" : "--rtl");
  tell_unused_mappings(scenario, static_cast<std::int64_t>(workload.images.size()));
  RunTrace trace;
  add_records(arguments, scenario, workload.network, folder, trace);
  Waveforms waveforms(arguments.waveforms, scenario, simulation, power_cycles(arguments), folder);
  waveforms.join(trace);
  if (!trace.empty()) simulation.set_trace(&trace);
  std::map<std::string, Progress> phases;
  simulation.run(report, [&](const char* phase, double share) {
    waveforms.check();
    trace.check();
    phases.try_emplace(phase, phase).first->second.update(share);
  });
  phases.clear();
  waveforms.finish();
  trace.close();
  power = power_of(trace, scenario);
  if (!report.fault.empty()) tell(report.fault);
  report.memory = simulation.system().memory->statistics();
  report.accuracy = workload.task.judge(simulation.decisions(), workload.float_decisions);
  return simulation.programs().mappings();
}

ChosenMappings analyze(const RunArguments& arguments, ResultsFolder& folder, RunReport& report,
                       std::optional<PowerSeries>& power) {
  const TimingWorkload workload = prepare_timing_workload(report.scenario, cache_of(arguments).get());
  RunTrace trace;
  add_records(arguments, report.scenario, workload.network, folder, trace);
  ChosenMappings chosen = run_analytic(workload, report, trace.empty() ? nullptr : &trace);
  trace.close();
  tell_unused_mappings(report.scenario, workload.images);
  power = power_of(trace, report.scenario);
  return chosen;
}

/// From the scenario to the results; where they are.
std::filesystem::path run_and_write(const RunArguments& arguments, RunReport& report) {
  const auto start = std::chrono::steady_clock::now();
  const StopSignals stop;
  report.program = {kVersion, revision()};
  report.scenario = scenario_of(arguments);
  const Scenario& scenario = report.scenario;
  check(arguments.waveforms, scenario.run.level);
  const int jobs = jobs_of(arguments, scenario);
  ResultsFolder folder(arguments.out.empty() ? default_results(scenario.name) : arguments.out, "run");

  std::optional<PowerSeries> power;
  const ChosenMappings chosen = computes_data(scenario.run.level)
                                    ? simulate(arguments, jobs, folder, report, power)
                                    : analyze(arguments, folder, report, power);
  MappingSettings mapping = scenario.mapping;
  mapping.layers = chosen.layers;
  report.host.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.host.peak_rss_bytes = std::max(report.host.peak_rss_bytes, peak_rss_bytes());

  if (report.frames > 0) {
    const ActionRecord record = record_of(report);
    folder.write("actions.yaml", to_yaml(record));
    if (scenario.technology) {
      report.cost = cost_of(record, *scenario.technology);
      folder.write("energy.csv", energy_csv(*report.cost));
    }
  }
  const std::string effective = to_yaml(scenario), summary = to_json(report);
  folder.write("effective.yaml", effective);
  folder.write("mapping.yaml", chosen.comment(scenario.memory.model) + to_yaml(mapping));
  folder.write("layers.csv", to_csv(report));
  for (std::size_t o = 0; o < report.outputs.size(); ++o) {
    const OutputReport& output = report.outputs[o];
    if (!output.values.empty()) folder.write(output_file(o), to_npy(stacked(output), output.values));
  }
  folder.write("summary.json", summary);
  if (power) folder.write("power.csv", to_csv(*power));
  folder.write("report.html", run_page(scenario.name, summary, effective, power));
  folder.commit();
  return folder.target();
}

/// A program on disk: no network, so its outputs are all there is to compare, and its cycles all at level
/// analytic.
int run_program(const RunArguments& arguments, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (option->count() > 0 && name != "--program" && name != "--level")
      throw SettingsError(fmt::format("--program: given with {}; accepted: with --level alone", name));
  }
  const Level level = arguments.level.empty() ? Level::kTlm : level_of(arguments.level, "--level");
  const StopSignals stop;
  const stored::StoredProgram program = stored::load_program(arguments.program);
  const StoredRun run = run_stored(program, level, [] { throw_if_interrupted(); });
  const std::string outputs =
      computes_data(level) ? fmt::format(", {} of {} outputs wrong", run.wrong, run.elements) : "";
  write_stdout(fmt::format("{} at {}: {} images, {} cycles{}{}{}\n", one_line(program.network),
                           to_string(level), run.images, run.cycles, outputs, run.fault.empty() ? "" : "; ",
                           run.fault));
  return run.fault.empty() && run.wrong == 0 ? kExitPass : kExitFail;
}

int run_command(const RunArguments& arguments, const CLI::App& app) {
  if (!arguments.program.empty()) return run_program(arguments, app);
  if (arguments.scenario.empty())
    throw SettingsError("scenario: not given; accepted: a scenario's FILE, or --program DIR");
  RunReport report;
  const std::filesystem::path results = run_and_write(arguments, report);
  write_stdout(run_table(report, results.string(), ::isatty(STDOUT_FILENO) == 1));
  return report.passed() ? kExitPass : kExitFail;
}

constexpr const char* kRunExamples = R"(
Examples:
  bitbalance run scenarios/fashion.yaml
  bitbalance run model.onnx --level tlm
  bitbalance run scenarios/fashion.yaml --images 32 --out out/fashion
  bitbalance run scenarios/lenet.yaml --set accelerator.rows=16 --set accelerator.synchronization=group_max
  bitbalance run scenarios/vgg16.yaml --rtl conv3_2 --trace conv3_2:0-1
  bitbalance run scenarios/resnet50.yaml --level analytic --set memory.bytes_per_cycle=6.4
  bitbalance run scenarios/resnet50.yaml --jobs 4 --golden sampled
  bitbalance run scenarios/lenet.yaml --mapping results/lenet/mapping.yaml
  bitbalance run --program out/program --level rtl
  bitbalance run scenarios/lenet.yaml --level tlm --timeline bursts --power 100
  bitbalance run scenarios/lenet.yaml --trace conv1:all --trace @2000-2500 --fst
  bitbalance run scenarios/lenet.yaml --trace conv1:0-1 --signals 'pe_array.row0.*' --signals 'weight_encoder.*'

Results: report.html for the browser, summary.json, layers.csv, effective.yaml (every setting, a scenario
itself) and mapping.yaml;
with --trace <layer>.vcd and <layer>.gtkw for GTKWave, with --timeline timeline.json, with --power power.csv.
Exit code: 0 verdict pass, 1 verdict fail, 2 a mistake in arguments or files, 3 this machine refuses (disk,
memory, processes), 128 + signal when stopped; 2 and 3 are told in one line.)";

}  // namespace

Subcommand add_run_command(CLI::App& parent) {
  const auto arguments = std::make_shared<RunArguments>();
  CLI::App* const app = parent.add_subcommand(
      "run", "Run a scenario or a model and compare every output with the golden model");
  app->add_option("scenario", arguments->scenario,
                  "YAML file: network, accelerator, quantization, memory; or an ONNX model, run "
                  "with all defaults on synthetic images")
      ->type_name("FILE");
  app->add_option("--program", arguments->program,
                  "a program that bitbalance build wrote, instead of a scenario")
      ->type_name("DIR");
  add_texts(*app, "-D,--set", arguments->settings, "override a setting of the scenario")
      ->type_name("path.to.key=value");
  app->add_option("--level", arguments->level, "level of detail: rtl, tlm, analytic")->type_name("LEVEL");
  app->add_option("--rtl", arguments->rtl,
                  "run these layers clocked, the others at level tlm; each layer as a program of its own")
      ->type_name("LAYER,...");
  app->add_option(
         "--jobs", arguments->jobs,
         "with --level rtl: layers clocked in N processes, each from the inputs that tlm computed, and "
         "held against tlm; each layer as a program of its own")
      ->type_name("N");
  app->add_option("--images", arguments->images, "images to run (network.count), 0: all")->type_name("N");
  app->add_option("--mapping", arguments->mapping, "how to cut layers into blocks (section mapping)")
      ->type_name("FILE");
  app->add_option("--golden", arguments->golden,
                  "outputs held against the golden model: full, or sampled (1 % of large layers, seeded)")
      ->type_name("EXTENT");
  app->add_option("--out", arguments->out, "results folder, by default results/<name of the scenario>")
      ->type_name("DIR");
  add_texts(
      *app, "--trace", arguments->waveforms.windows,
      "waveform of these tiles of a layer (LAYER: all of them; LAYER:all: its loads and stores, too), or of "
      "cycles of the run (@first-last); repeatable")
      ->type_name("LAYER[:first-last]");
  add_texts(*app, "--signals", arguments->waveforms.signals,
            "signals of the waveforms, names or patterns; repeatable (default: all units)")
      ->type_name("NAME");
  app->add_flag("--fst", arguments->waveforms.fst,
                "waveforms in GTKWave's compressed format instead of VCD, by its vcd2fst");
  app->add_option("--timeline", arguments->timeline,
                  "timeline.json for Perfetto or speedscope: engines, commands, tiles or bursts, each with "
                  "those before it")
      ->type_name("DETAIL");
  app->add_option("--power", arguments->power, "power.csv: energy of each N cycles, also on the page")
      ->type_name("N");
  app->add_flag("--no-cache", arguments->no_cache, "quantize anew, and keep nothing of it for the next run");
  app->footer(kRunExamples);
  return {app, [arguments, app] { return run_command(*arguments, *app); }};
}

}  // namespace bitbalance::cli
