#include "testbench/run/simulation.h"

#include <algorithm>
#include <chrono>

#include "base/text/config_error.h"
#include "testbench/run/clocked_layers.h"
#include "testbench/scenario/layer_patterns.h"

namespace bitbalance::runner {
namespace {

SystemLevels levels_of(const RunSettings& run, int jobs) {
  return {run.level == Level::kRtl || run.mixed(), run.level == Level::kTlm || jobs > 0};
}

/// Level and process change where a program ends.
const Scenario& with_programs(const Scenario& scenario, int jobs) {
  const LayerBarrier barrier = scenario.mapping.barrier;
  const bool changes = scenario.run.mixed() || jobs > 0;
  require(!changes || barrier == LayerBarrier::kLayer, jobs > 0 ? "jobs" : "run.rtl", "barrier",
          to_string(barrier), to_string(LayerBarrier::kLayer));
  return scenario;
}

}  // namespace

Simulation::Simulation(const Scenario& scenario, const Workload& workload, int jobs,
                       const std::string& rtl_place)
    : scenario_(with_programs(scenario, jobs)),
      workload_(workload),
      jobs_(jobs),
      programs_(scenario, workload.network, static_cast<int>(workload.images.size())),
      rtl_layers_(matching_layers(rtl_place, scenario.run.rtl, programs_.accelerator_layer_names())),
      system_("system", scenario, levels_of(scenario.run, jobs), programs_.memory_bytes()),
      data_(system_, workload.network, programs_.data_base()),
      check_(scenario, workload, data_) {
  programs_.move_constants([&](std::uint64_t address, const std::vector<std::uint8_t>& constants) {
    system_.poke(address, constants);
  });
  for (const QuantizedLayer& layer : workload.network.layers)
    slots_an_image_ += static_cast<double>(macs(workload.network, layer)) * layer.nnzb;
}

Level Simulation::level_of(const Program& program) const {
  const bool clocked =
      std::find(rtl_layers_.begin(), rtl_layers_.end(), program.layers.front().name) != rtl_layers_.end();
  return clocked ? Level::kRtl : scenario_.run.level;
}

void Simulation::set_trace(RunTrace* trace) {
  trace_ = trace;
  system_.set_observer(&trace->observer());
}

std::vector<LayerReport> Simulation::layers() const {
  std::vector<LayerReport> layers;
  for (const LoadedProgram& loaded : programs_.batches().front()) {
    for (const ProgramLayer& layer : loaded.program().layers) {
      layers.push_back(
          layer_report(layer, level_of(loaded.program()), workload_.network, scenario_.accelerator));
    }
  }
  return layers;
}

void Simulation::run(RunReport& report, const ProgressCallback& progress) {
  const int images = static_cast<int>(workload_.images.size());
  report.network = workload_.network.name;
  report.outputs = output_reports(workload_.network);
  report.layers = layers();
  while (report.frames < images) {
    const int first = report.frames;
    const Segments& segments = programs_.next(images - first);
    const int batch = segments.front().program().batch;
    const ProgressCallback batch_progress = [&](const char* phase, double share) {
      progress(phase, (first + share * batch) / images);
    };
    data_.load_images(segments.back().program(), workload_.images, first);
    simulate(segments, report, batch_progress);
    if (!report.fault.empty()) return;
    add_macs(segments, report);
    check_.run(segments, first, report, [&](double share) { batch_progress("compare", share); });
    report.frames += batch;
  }
}

void Simulation::simulate(const Segments& segments, RunReport& report, const ProgressCallback& progress) {
  const int batch = segments.front().program().batch;
  const double simulated_s = system_.simulate_s();
  system_.clear_profile();
  report.fault = execute(segments, report, [&] {
    const double done = static_cast<double>(slots()) / std::max(1.0, slots_an_image_ * batch);
    progress("simulate", std::min(done, 1.0));
  });
  slots_an_image_ = static_cast<double>(slots()) / batch;
  std::vector<LayerProfile> profile = system_.profile();
  if (jobs_ > 0 && report.fault.empty()) {
    const auto start = std::chrono::steady_clock::now();
    profile.resize(report.layers.size());
    ClockedLayers layers(system_, programs_, data_, workload_.network, jobs_);
    ClockedLayers::Result result =
        layers.run(segments, profile, [&](double share) { progress("simulate rtl", share); });
    profile = std::move(result.profile);
    report.fault = std::move(result.fault);
    report.host.peak_rss_bytes = result.peak_rss_bytes;
    report.disagreements.insert(report.disagreements.end(), result.disagreements.begin(),
                                result.disagreements.end());
    report.host.simulate_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  report.host.simulate_s += system_.simulate_s() - simulated_s;
  // Layers of the host have no entry after the last one of the accelerator's.
  for (std::size_t i = 0; i < profile.size(); ++i) report.layers.at(i).profile += profile[i];
}

std::string Simulation::execute(const Segments& segments, RunReport& report,
                                const std::function<void()>& tick) {
  if (jobs_ == 0 && scenario_.mapping.barrier == LayerBarrier::kLayer)
    report.host.layer_simulate_s.resize(report.layers.size());
  for (const LoadedProgram& loaded : segments) {
    const Program& program = loaded.program();
    if (!program.layers.front().on_host) {  // a network may begin with a layer on the host
      const Level level = jobs_ > 0 ? Level::kTlm : level_of(program);
      const double simulated_s = system_.simulate_s();
      if (trace_ != nullptr) trace_->expect(program, report.layers);
      std::string fault = system_.run(level, programs_.regions(loaded), tick);
      if (!fault.empty()) return fault;
      if (!report.host.layer_simulate_s.empty())
        report.host.layer_simulate_s[program.first_layer] += system_.simulate_s() - simulated_s;
    }
    for (const ProgramLayer& layer : program.layers)
      if (layer.on_host) data_.run_on_host(program, layer);
  }
  return {};
}

void Simulation::add_macs(const Segments& segments, RunReport& report) {
  for (const LoadedProgram& loaded : segments) {
    const Program& program = loaded.program();
    for (std::size_t i = 0; i < program.layers.size(); ++i)
      report.layers[program.first_layer + i].macs += program.layers[i].macs * program.batch;
  }
}

std::int64_t Simulation::slots() {
  std::int64_t sum = 0;
  for (const LayerProfile& layer : system_.profile()) sum += layer.events.slots();
  return sum;
}

}  // namespace bitbalance::runner
