#include "testbench/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "quant/image_set.h"
#include "testbench/layer_patterns.h"

namespace bitbalance {
namespace {

GoldenOptions golden_options(const Scenario& scenario) {
  GoldenOptions options;
  options.threads = scenario.run.threads;
  const AcceleratorConfig& config = scenario.accelerator;
  if (config.allow_wrap) {
    options.wrap_bits_8 = config.accumulator_bits_8;
    options.wrap_bits_16 = config.accumulator_bits_16;
  }
  return options;
}

SystemLevels levels_of(const RunSettings& run) {
  return {run.level == Level::kRtl || run.mixed(), run.level == Level::kTlm};
}

}  // namespace

Simulation::Simulation(const Scenario& scenario, const Workload& workload)
    : scenario_(scenario),
      workload_(workload),
      programs_(scenario, workload.network, static_cast<int>(workload.images.size())),
      rtl_layers_(matching_layers("--rtl", scenario.run.rtl, programs_.accelerator_layer_names())),
      golden_(workload.network, golden_options(scenario)),
      system_("system", scenario, levels_of(scenario.run), programs_.memory_bytes()),
      data_(system_, workload.network, programs_.data_base()) {
  for (const Segments& segments : programs_.batches()) {
    for (const LoadedProgram& loaded : segments)
      system_.poke(loaded.constants_base, loaded.program().constants);
  }
}

Level Simulation::level_of(const Program& program) const {
  const bool clocked =
      std::find(rtl_layers_.begin(), rtl_layers_.end(), program.layers.front().name) != rtl_layers_.end();
  return clocked ? Level::kRtl : scenario_.run.level;
}

void Simulation::add_layers(RunReport& report) const {
  for (const LoadedProgram& loaded : programs_.batches().front()) {
    for (const ProgramLayer& layer : loaded.program().layers) {
      report.layers.push_back(
          layer_report(layer, level_of(loaded.program()), workload_.network, scenario_.accelerator));
    }
  }
}

void Simulation::run(RunReport& report, const ProgressCallback& progress) {
  const int images = static_cast<int>(workload_.images.size());
  double slots_an_image = 0;  // a guess until the first batch is done
  for (const QuantizedLayer& layer : workload_.network.layers)
    slots_an_image += static_cast<double>(macs(workload_.network, layer)) * layer.nnzb;
  report.network = workload_.network.name;
  add_layers(report);
  while (report.frames < images) {
    const int first = report.frames;
    const Segments& segments = programs_.next(images - first);
    const int batch = segments.front().program().batch;
    data_.load_images(segments.back().program(), workload_.images, first);
    system_.clear_profile();
    report.fault = execute(segments, report, [&] {
      const double done = static_cast<double>(slots()) / std::max(1.0, slots_an_image);
      progress((first + std::min<double>(done, batch)) / images);
    });
    add_profile(segments, report);
    slots_an_image = static_cast<double>(slots()) / batch;
    if (!report.fault.empty()) return;
    compare_outputs(segments, first, report);
    report.frames += batch;
  }
}

std::string Simulation::execute(const Segments& segments, RunReport& report,
                                const std::function<void()>& tick) {
  for (const LoadedProgram& loaded : segments) {
    const Program& program = loaded.program();
    if (!program.layers.front().on_host) {  // a network may begin with a layer on the host
      const auto start = std::chrono::steady_clock::now();
      std::string fault = execute(loaded, tick);
      report.host.simulate_s +=
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      if (!fault.empty()) return fault;
    }
    for (const ProgramLayer& layer : program.layers)
      if (layer.on_host) data_.run_on_host(program, layer);
  }
  return {};
}

std::string Simulation::execute(const LoadedProgram& loaded, const std::function<void()>& tick) {
  const Program& program = loaded.program();
  const ProgramOutcome& outcome =
      system_.run(level_of(program),
                  {loaded.constants_base, static_cast<std::uint32_t>(program.constants.size()),
                   programs_.data_base(), program.data_bytes},
                  tick);
  if (outcome.fault == ProgramFault::kNone) return {};
  const std::string& reason = system_.device(level_of(program)).fault_reason();
  return fmt::format("the accelerator stopped at command {}: {}{}{}", outcome.command,
                     to_string(outcome.fault), reason.empty() ? "" : "; ", reason);
}

void Simulation::add_profile(const Segments& segments, RunReport& report) {
  const std::vector<LayerProfile> profile = system_.profile();
  for (std::size_t i = 0; i < std::min(report.layers.size(), profile.size()); ++i)
    report.layers[i].profile += profile[i];
  for (const LoadedProgram& loaded : segments) {
    const Program& program = loaded.program();
    for (std::size_t i = 0; i < program.layers.size(); ++i)
      report.layers[program.first_layer + i].macs += program.layers[i].macs * program.batch;
  }
}

std::int64_t Simulation::slots() {
  std::int64_t sum = 0;
  for (const LayerProfile& layer : system_.profile())
    sum += layer.events[Event::kShiftAdd] + layer.events[Event::kNullSlot];
  return sum;
}

void Simulation::compare_outputs(const Segments& segments, int first_image, RunReport& report) {
  const QuantizedNetwork& network = workload_.network;
  for (int i = 0; i < segments.front().program().batch; ++i) {
    const std::vector<Plane>& expected = golden_.run(workload_.images[first_image + i]);
    auto entry = report.layers.begin();
    for (const LoadedProgram& loaded : segments) {
      for (const ProgramLayer& layer : loaded.program().layers) {
        const Plane found = data_.read(loaded.program(), layer.output, i);
        compare(entry->name, network.tensors[layer.output], first_image + i, expected[layer.output], found,
                entry->comparison);
        if (layer.output == network.output) predictions_.push_back(argmax(found));
        ++entry;
      }
    }
  }
}

}  // namespace bitbalance
