#include "testbench/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "quant/image_set.h"

namespace bitbalance {
namespace {

constexpr std::uint64_t kPage = 4096;   ///< alignment of everything in memory, bytes
constexpr int kSliceCycles = 20'000;    ///< between two looks at progress and keyboard
constexpr std::uint8_t kPoison = 0xa5;  ///< fills the data region, so that what is never stored differs

std::uint64_t page_aligned(std::uint64_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

GoldenOptions golden_options(const AcceleratorConfig& config) {
  if (!config.allow_wrap) return {};
  return {config.accumulator_bits_8, config.accumulator_bits_16};
}

const TensorPlacement& placement(const Program& program, int tensor) {
  return *std::find_if(program.tensors.begin(), program.tensors.end(),
                       [&](const TensorPlacement& p) { return p.tensor == tensor; });
}

void add(const LayerProfile& from, LayerProfile& to) {
  to.cycles += from.cycles;
  to.events += from.events;
  for (std::size_t e = 0; e < kEngines; ++e) {
    for (std::size_t a = 0; a < kActivities; ++a) to.activity[e][a] += from.activity[e][a];
  }
}

}  // namespace

Simulation::Simulation(const Scenario& scenario, const Workload& workload)
    : scenario_(scenario),
      workload_(workload),
      programs_(map(scenario, workload)),
      golden_(workload.network, golden_options(scenario.accelerator)),
      system_("system", scenario.accelerator, scenario.memory, memory_bytes(), scenario.run.watchdog_cycles) {
  for (const LoadedProgram& loaded : programs_)
    system_.poke(loaded.constants_base, loaded.mapped.program.constants);
}

std::vector<Simulation::LoadedProgram> Simulation::map(const Scenario& scenario, const Workload& workload) {
  const int images = static_cast<int>(workload.images.size());
  std::vector<LoadedProgram> programs;
  std::uint64_t base = 0;
  for (const int batch : {std::min(scenario.network.batch, images), images % scenario.network.batch}) {
    if (batch == 0 || (!programs.empty() && images < scenario.network.batch)) continue;
    MapperOptions options;
    options.batch = batch;
    options.barrier = scenario.mapping.barrier;
    options.fuse_pooling = scenario.mapping.fuse_pooling;
    options.bytes_per_cycle = scenario.memory.bytes_per_cycle.value();
    options.mappings = scenario.mapping.layers;
    for (LayerMapping& mapping : options.mappings) {
      if (!programs.empty()) mapping.images = std::min(mapping.images, batch);
    }
    programs.push_back({build_program(workload.network, scenario.accelerator, options), base});
    base += page_aligned(programs.back().mapped.program.constants.size());
  }
  return programs;
}

std::uint64_t Simulation::data_base() const {
  const LoadedProgram& last = programs_.back();
  return last.constants_base + page_aligned(last.mapped.program.constants.size());
}

std::uint64_t Simulation::memory_bytes() const {
  std::uint64_t data = 0;
  for (const LoadedProgram& loaded : programs_)
    data = std::max<std::uint64_t>(data, loaded.mapped.program.data_bytes);
  return data_base() + page_aligned(data);
}

void Simulation::run(RunReport& report, const ProgressCallback& progress) {
  const int images = static_cast<int>(workload_.images.size());
  double slots_an_image = 0;  // a guess until the first batch is done
  for (const ProgramLayer& layer : program().layers) {
    int nnzb = 1;
    for (const int index : layer.network_layers) nnzb = std::max(nnzb, workload_.network.layers[index].nnzb);
    slots_an_image += static_cast<double>(layer.macs) * nnzb;

    LayerReport entry;
    entry.name = layer.name;
    entry.op = layer.op;
    entry.lanes = scenario_.accelerator.lanes(workload_.network.tensors[layer.input].bits == 16);
    report.layers.push_back(std::move(entry));
  }
  while (report.frames < images) {
    const int first = report.frames;
    const LoadedProgram& loaded = images - first >= program().batch ? programs_.front() : programs_.back();
    const Program& program = loaded.mapped.program;
    load_images(program, first);
    report.fault = execute(loaded, report, [&] {
      const double done = static_cast<double>(slots()) / std::max(1.0, slots_an_image);
      progress((first + std::min<double>(done, program.batch)) / images);
    });
    slots_an_image = static_cast<double>(slots()) / program.batch;
    if (!report.fault.empty()) return;
    compare_outputs(program, first, report);
    report.frames += program.batch;
  }
}

void Simulation::load_images(const Program& program, int first_image) {
  system_.poke(data_base(), std::vector<std::uint8_t>(program.data_bytes, kPoison));
  const QuantizedNetwork& network = workload_.network;
  const TensorPlacement& input = placement(program, network.input);
  for (int i = 0; i < program.batch; ++i) {
    system_.poke(data_base() + input.offset + std::uint64_t{input.image_pitch} * i,
                 pack(network.tensors[network.input], workload_.images[first_image + i]));
  }
}

std::string Simulation::execute(const LoadedProgram& loaded, RunReport& report,
                                const std::function<void()>& tick) {
  const Program& program = loaded.mapped.program;
  system_.accelerator.profile().clear();
  system_.driver.submit({loaded.constants_base, static_cast<std::uint32_t>(program.constants.size()),
                         data_base(), program.data_bytes});
  while (!system_.driver.idle()) {
    const auto start = std::chrono::steady_clock::now();
    sc_core::sc_start(kSliceCycles * system_.clock.period());
    report.host.simulate_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    tick();
  }
  const Profile& profile = system_.accelerator.profile();
  for (std::size_t i = 0; i < std::min(report.layers.size(), profile.layers().size()); ++i) {
    add(profile.layers()[i], report.layers[i].profile);
    report.layers[i].macs += program.layers[i].macs * program.batch;
  }
  const ProgramOutcome& outcome = system_.driver.outcome();
  if (outcome.fault == ProgramFault::kNone) return {};
  const char* hint = outcome.fault == ProgramFault::kTimeout ? "; the warning above names what waits" : "";
  return fmt::format("the accelerator stopped at command {}: {}{}", outcome.command, to_string(outcome.fault),
                     hint);
}

std::int64_t Simulation::slots() {
  std::int64_t sum = 0;
  for (const LayerProfile& layer : system_.accelerator.profile().layers()) {
    sum += layer.events[Event::kShiftAdd] + layer.events[Event::kNullSlot];
  }
  return sum;
}

void Simulation::compare_outputs(const Program& program, int first_image, RunReport& report) {
  const QuantizedNetwork& network = workload_.network;
  for (int i = 0; i < program.batch; ++i) {
    const std::vector<Plane>& expected = golden_.run(workload_.images[first_image + i]);
    for (std::size_t l = 0; l < program.layers.size(); ++l) {
      const int output = program.layers[l].output;
      const QuantizedTensor& tensor = network.tensors[output];
      const TensorPlacement& place = placement(program, output);
      const auto bytes = system_.peek(data_base() + place.offset + std::uint64_t{place.image_pitch} * i,
                                      image_bytes(tensor));
      const Plane found = unpack(tensor, bytes.data());
      compare(report.layers[l].name, tensor, first_image + i, expected[output], found,
              report.layers[l].comparison);
      if (output == network.output) predictions_.push_back(argmax(found));
    }
  }
}

}  // namespace bitbalance
