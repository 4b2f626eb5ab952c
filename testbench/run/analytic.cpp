#include "testbench/run/analytic.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "hw/timeline/timeline.h"
#include "testbench/run/program_set.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::runner {
namespace {

/// Adds what the program does in `count` runs to its layers, which the report may not have yet.
void add_program(const Program& program, int count, const QuantizedNetwork& network, Timeline& timeline,
                 WeightStatistics& weights, RunReport& report) {
  const auto first = static_cast<std::size_t>(program.first_layer);
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const ProgramLayer& layer = program.layers[i];
    if (first + i == report.layers.size())
      report.layers.push_back(layer_report(layer, Level::kAnalytic, network, report.scenario.accelerator));
    report.layers[first + i].macs += layer.macs * program.batch * count;
  }
  if (program.layers.front().on_host) return;  // no commands
  const Analysis analysis = timeline.analyze(program, weights);
  // From 0 on, where every program's header counts.
  for (std::size_t l = 0; l < analysis.profile.layers().size(); ++l) {
    for (int i = 0; i < count; ++i) report.layers[l].profile += analysis.profile.layers()[l];
  }
}

/// `count` batches, one after the other.
void record(const std::vector<MappedProgram>& segments, int count, Timeline& timeline,
            WeightStatistics& weights, const RunReport& report, RunTrace& trace) {
  for (int i = 0; i < count; ++i) {
    for (const MappedProgram& mapped : segments) {
      if (mapped.program.layers.front().on_host) continue;
      trace.expect(mapped.program, report.layers);
      timeline.analyze(mapped.program, weights, trace.observer());
    }
  }
}

}  // namespace

ChosenMappings run_analytic(const TimingWorkload& workload, RunReport& report, RunTrace* trace) {
  return run_analytic(Mapper(workload.network), workload.images, report, trace);
}

ChosenMappings run_analytic(const Mapper& mapper, int images, RunReport& report, RunTrace* trace) {
  const QuantizedNetwork& network = mapper.network();
  const Scenario& scenario = report.scenario;
  if (scenario.memory.model != MemoryTiming::kIdeal) {
    throw SettingsError(
        fmt::format("run.level: analytic with memory.model {}; accepted: ideal, or another level",
                    to_string(scenario.memory.model)));
  }
  const auto start = std::chrono::steady_clock::now();
  Timeline timeline(scenario.accelerator, scenario.memory.ideal_timing(scenario.accelerator.clock_hz),
                    mapper.shapes());
  ChosenMappings chosen;
  report.network = network.name;
  report.outputs = output_reports(network);
  while (report.frames < images) {
    const int left = images - report.frames;
    const int batch = std::min(scenario.network.batch, left);
    const int count = left / batch;
    const auto segments = mapper.map_once(scenario.accelerator, mapper_options(scenario, network, batch));
    for (const MappedProgram& mapped : *segments) {
      add_program(mapped.program, count, network, timeline, mapper.weights(), report);
      if (report.frames == 0) chosen.add(mapped);
    }
    if (trace != nullptr) record(*segments, count, timeline, mapper.weights(), report, *trace);
    report.frames += batch * count;
  }
  report.host.simulate_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return chosen;
}

}  // namespace bitbalance::runner
