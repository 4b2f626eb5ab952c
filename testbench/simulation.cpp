#include "testbench/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "quant/host_layer.h"
#include "quant/image_set.h"
#include "testbench/tlm_system.h"

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

template <class AnySystem>
std::unique_ptr<System> make(const Scenario& scenario, std::uint64_t memory_bytes) {
  return std::make_unique<AnySystem>("system", scenario.accelerator, scenario.memory, memory_bytes,
                                     scenario.run);
}

std::unique_ptr<System> make_system(const Scenario& scenario, std::uint64_t memory_bytes) {
  return scenario.run.level == Level::kTlm ? make<TlmSystem>(scenario, memory_bytes)
                                           : make<RtlSystem>(scenario, memory_bytes);
}

}  // namespace

Simulation::Simulation(const Scenario& scenario, const Workload& workload)
    : scenario_(scenario),
      workload_(workload),
      batches_(map(scenario, workload)),
      golden_(workload.network, golden_options(scenario.accelerator)),
      // The analyzer loses the unique_ptr when its base takes it over.
      // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks)
      system_(make_system(scenario, memory_bytes())) {
  for (const Segments& segments : batches_) {
    for (const LoadedProgram& loaded : segments)
      system_->poke(loaded.constants_base, loaded.mapped.program.constants);
  }
}

std::vector<Simulation::Segments> Simulation::map(const Scenario& scenario, const Workload& workload) {
  const int images = static_cast<int>(workload.images.size());
  std::vector<Segments> batches;
  std::uint64_t base = 0;
  for (const int batch : {std::min(scenario.network.batch, images), images % scenario.network.batch}) {
    if (batch == 0 || (!batches.empty() && images < scenario.network.batch)) continue;
    MapperOptions options;
    options.batch = batch;
    options.barrier = scenario.mapping.barrier;
    options.fuse_pooling = scenario.mapping.fuse_pooling;
    options.bytes_per_cycle = scenario.memory.peak_bytes_per_cycle(scenario.accelerator.clock_hz);
    options.mappings = scenario.mapping.layers;
    for (LayerMapping& mapping : options.mappings) {
      if (!batches.empty()) mapping.images = std::min(mapping.images, batch);
    }
    Segments& segments = batches.emplace_back();
    for (MappedProgram& mapped : build_segments(workload.network, scenario.accelerator, options)) {
      const std::uint64_t bytes = page_aligned(mapped.program.constants.size());
      segments.push_back({std::move(mapped), base});
      base += bytes;
    }
  }
  return batches;
}

const Program& Simulation::program_with(const std::string& layer) const {
  for (const LoadedProgram& loaded : batches_.front()) {
    const Program& program = loaded.mapped.program;
    const bool has_it = std::any_of(program.layers.begin(), program.layers.end(),
                                    [&](const ProgramLayer& l) { return l.name == layer; });
    if (has_it) return program;
  }
  return program();
}

std::vector<LayerMapping> Simulation::mappings() const {
  std::vector<LayerMapping> convolutions;
  for (const LoadedProgram& loaded : batches_.front()) {
    std::copy_if(loaded.mapped.mappings.begin(), loaded.mapped.mappings.end(),
                 std::back_inserter(convolutions), [](const LayerMapping& m) { return m.rows != 0; });
  }
  return convolutions;
}

std::uint64_t Simulation::data_base() const {
  const LoadedProgram& last = batches_.back().back();
  return last.constants_base + page_aligned(last.mapped.program.constants.size());
}

std::uint64_t Simulation::memory_bytes() const {
  std::uint64_t data = 0;
  for (const Segments& segments : batches_)
    data = std::max<std::uint64_t>(data, segments.back().mapped.program.data_bytes);
  return data_base() + page_aligned(data);
}

void Simulation::add_layers(RunReport& report) const {
  for (const LoadedProgram& loaded : batches_.front()) {
    for (const ProgramLayer& layer : loaded.mapped.program.layers) {
      LayerReport entry;
      entry.name = layer.name;
      entry.op = layer.op;
      entry.on_host = layer.on_host;
      entry.lanes = scenario_.accelerator.lanes(workload_.network.tensors[layer.input].bits == 16);
      report.layers.push_back(std::move(entry));
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
    const Segments& segments = images - first >= program().batch ? batches_.front() : batches_.back();
    const int batch = segments.front().mapped.program.batch;
    load_images(segments.back().mapped.program, first);
    system_->profile().clear();
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

void Simulation::load_images(const Program& program, int first_image) {
  system_->poke(data_base(), std::vector<std::uint8_t>(program.data_bytes, kPoison));
  const QuantizedNetwork& network = workload_.network;
  const TensorPlacement& input = placement(program, network.input);
  for (int i = 0; i < program.batch; ++i) {
    system_->poke(data_base() + input.offset + std::uint64_t{input.image_pitch} * i,
                  pack(network.tensors[network.input], workload_.images[first_image + i]));
  }
}

std::string Simulation::execute(const Segments& segments, RunReport& report,
                                const std::function<void()>& tick) {
  for (const LoadedProgram& loaded : segments) {
    const Program& program = loaded.mapped.program;
    // A network may begin with a layer on the host.
    std::string fault = program.layers.front().on_host ? "" : execute(loaded, report, tick);
    if (!fault.empty()) return fault;
    for (const ProgramLayer& layer : program.layers)
      if (layer.on_host) run_on_host(program, layer);
  }
  return {};
}

std::string Simulation::execute(const LoadedProgram& loaded, RunReport& report,
                                const std::function<void()>& tick) {
  const Program& program = loaded.mapped.program;
  system_->driver.submit({loaded.constants_base, static_cast<std::uint32_t>(program.constants.size()),
                          data_base(), program.data_bytes});
  while (!system_->driver.idle()) {
    const auto start = std::chrono::steady_clock::now();
    sc_core::sc_start(kSliceCycles * system_->period());
    report.host.simulate_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    tick();
  }
  const ProgramOutcome& outcome = system_->driver.outcome();
  if (outcome.fault == ProgramFault::kNone) return {};
  const std::string& reason = system_->fault_reason();
  return fmt::format("the accelerator stopped at command {}: {}{}{}", outcome.command,
                     to_string(outcome.fault), reason.empty() ? "" : "; ", reason);
}

void Simulation::run_on_host(const Program& program, const ProgramLayer& layer) {
  const QuantizedNetwork& network = workload_.network;
  const TensorPlacement& output = placement(program, layer.output);
  for (int i = 0; i < program.batch; ++i) {
    const Plane result = run_host_layer(network, network.layers[layer.network_layers.front()],
                                        read_tensor(program, layer.input, i));
    system_->poke(data_base() + output.offset + std::uint64_t{output.image_pitch} * i,
                  pack(network.tensors[layer.output], result));
  }
}

void Simulation::add_profile(const Segments& segments, RunReport& report) {
  const Profile& profile = system_->profile();
  for (std::size_t i = 0; i < std::min(report.layers.size(), profile.layers().size()); ++i)
    add(profile.layers()[i], report.layers[i].profile);
  for (const LoadedProgram& loaded : segments) {
    const Program& program = loaded.mapped.program;
    for (std::size_t i = 0; i < program.layers.size(); ++i)
      report.layers[program.first_layer + i].macs += program.layers[i].macs * program.batch;
  }
}

std::int64_t Simulation::slots() {
  std::int64_t sum = 0;
  for (const LayerProfile& layer : system_->profile().layers()) {
    sum += layer.events[Event::kShiftAdd] + layer.events[Event::kNullSlot];
  }
  return sum;
}

Plane Simulation::read_tensor(const Program& program, int tensor, int image) {
  const QuantizedTensor& format = workload_.network.tensors[tensor];
  const TensorPlacement& place = placement(program, tensor);
  const auto bytes = system_->peek(data_base() + place.offset + std::uint64_t{place.image_pitch} * image,
                                   image_bytes(format));
  return unpack(format, bytes.data());
}

void Simulation::compare_outputs(const Segments& segments, int first_image, RunReport& report) {
  const QuantizedNetwork& network = workload_.network;
  for (int i = 0; i < segments.front().mapped.program.batch; ++i) {
    const std::vector<Plane>& expected = golden_.run(workload_.images[first_image + i]);
    auto entry = report.layers.begin();
    for (const LoadedProgram& loaded : segments) {
      for (const ProgramLayer& layer : loaded.mapped.program.layers) {
        const Plane found = read_tensor(loaded.mapped.program, layer.output, i);
        compare(entry->name, network.tensors[layer.output], first_image + i, expected[layer.output], found,
                entry->comparison);
        if (layer.output == network.output) predictions_.push_back(argmax(found));
        ++entry;
      }
    }
  }
}

}  // namespace bitbalance
