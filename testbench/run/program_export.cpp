#include "testbench/run/program_export.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "testbench/golden/compare.h"
#include "testbench/golden/golden.h"
#include "testbench/run/output_check.h"
#include "testbench/run/program_set.h"
#include "testbench/run/stored_timing.h"
#include "testbench/run/system/system.h"
#include "testbench/scenario/workload.h"

namespace bitbalance::runner {
namespace {

stored::StoredTensor stored_tensor(const QuantizedTensor& tensor, const TensorPlacement& place) {
  return {tensor.name, place.offset,     place.image_pitch, tensor.shape,
          tensor.bits, tensor.is_signed, tensor.scale};
}

std::size_t place_of(const Program& program, const QuantizedNetwork& network, int tensor) {
  const auto place = std::find_if(program.tensors.begin(), program.tensors.end(),
                                  [tensor](const TensorPlacement& p) { return p.tensor == tensor; });
  if (place == program.tensors.end()) {
    throw SettingsError(
        fmt::format("tensor {}: lies within another; accepted as input or output of a program on "
                    "disk: a tensor of its own",
                    network.tensors[tensor].name));
  }
  return static_cast<std::size_t>(place - program.tensors.begin());
}

/// What the network's result is made of.
class ResultSources {
 public:
  explicit ResultSources(const QuantizedNetwork& network)
      : network_(network), needed_(network.layers.size(), false) {
    need(network.output);
  }
  /// Of the accelerator, or the network's input; what the host makes the result of.
  const std::vector<int>& tensors() const { return tensors_; }
  /// Whether the host computes this layer of the network for it.
  bool needs(int host_layer) const { return needed_[static_cast<std::size_t>(host_layer)]; }

 private:
  /// Of its slices each alone, if the host wrote one.
  void need(int tensor) {
    std::vector<std::size_t> writers;
    bool is_host = false;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const int written = network_.layers[i].output;
      if (written != tensor && network_.tensors[written].parent != tensor) continue;
      writers.push_back(i);
      is_host |= on_host(network_.layers[i].op);
    }
    if (!is_host) {
      if (std::find(tensors_.begin(), tensors_.end(), tensor) == tensors_.end()) tensors_.push_back(tensor);
      return;
    }
    for (const std::size_t writer : writers) {
      const QuantizedLayer& layer = network_.layers[writer];
      if (layer.output != tensor) {
        need(layer.output);
      } else if (!needed_[writer]) {
        needed_[writer] = true;
        for (const int source : host_sources(layer)) need(source);
      }
    }
  }

  const QuantizedNetwork& network_;
  std::vector<int> tensors_;
  std::vector<bool> needed_;  ///< by layer of the network
};

/// The one tensor of the accelerator that the network's result is made of. Throws where it is not one.
int output_of(const QuantizedNetwork& network, const ResultSources& sources) {
  const std::vector<int>& tensors = sources.tensors();
  if (tensors.size() == 1 && tensors.front() != network.input) return tensors.front();
  std::vector<std::string> names;
  names.reserve(tensors.size());
  for (const int tensor : tensors) names.push_back(network.tensors[tensor].name);
  const std::string& result =
      network.outputs.empty() ? network.tensors[network.output].name : network.outputs.front().name;
  throw SettingsError(
      fmt::format("output {}: made of {}; accepted for a program on disk: what is made of one tensor of the "
                  "accelerator (network.outputs chooses among several)",
                  result, fmt::join(names, ", ")));
}

}  // namespace

stored::StoredProgram export_program(const Scenario& scenario, const std::function<void(double)>& progress) {
  constexpr double kPrepared = 0.5;
  const Workload workload = prepare_workload(scenario, [&](double share) { progress(kPrepared * share); });
  const QuantizedNetwork& network = workload.network;
  const int images = static_cast<int>(workload.images.size());
  const ProgramSet programs(scenario, network, images);
  if (programs.batches().size() != 1) {
    throw SettingsError(
        fmt::format("network.batch: {} of {} images; accepted for a program on disk: a divisor of "
                    "their number",
                    scenario.network.batch, images));
  }
  const Segments& segments = programs.batches().front();
  const Program& program = segments.front().program();
  if (segments.size() != 1 || program.layers.front().on_host) {
    if (scenario.run.mixed()) {
      throw SettingsError(
          fmt::format("run.rtl: {}; accepted for a program on disk: not given, as it makes each layer a "
                      "program",
                      scenario.run.rtl));
    }
    if (scenario.mapping.barrier == LayerBarrier::kLayer) {
      throw SettingsError(fmt::format("mapping.barrier: {}; accepted for a program on disk: {}, {}",
                                      to_string(LayerBarrier::kLayer), to_string(LayerBarrier::kNone),
                                      to_string(LayerBarrier::kCommand)));
    }
    const auto host = std::find_if(network.layers.begin(), network.layers.end(),
                                   [](const QuantizedLayer& layer) { return on_host(layer.op); });
    throw SettingsError(
        fmt::format("layer {}: runs on the host; accepted for a program on disk: one program, with layers on "
                    "the host only at its end",
                    host->name));
  }
  stored::StoredProgram result;
  result.scenario = scenario.name;
  result.network = network.name;
  result.accelerator = scenario.accelerator;
  const IdealMemoryTiming memory = scenario.memory.ideal_timing(scenario.accelerator.clock_hz);
  result.latency_cycles = memory.latency_cycles;
  result.bytes_per_cycle_numerator = memory.bytes_per_cycle_numerator;
  result.bytes_per_cycle_denominator = memory.bytes_per_cycle_denominator;
  result.batch = program.batch;
  result.images = images;
  result.data_bytes = program.data_bytes;
  result.constants = program.constants;
  for (const TensorPlacement& place : program.tensors)
    result.tensors.push_back(stored_tensor(network.tensors[place.tensor], place));
  const ResultSources sources(network);
  const int output = output_of(network, sources);
  for (const ProgramLayer& layer : program.layers) {
    if (layer.on_host && sources.needs(layer.network_layers.front()))
      result.host_layers.push_back({layer.name, layer.op});
  }
  result.input = place_of(program, network, network.input);
  result.output = place_of(program, network, output);
  if (workload.task.labels.size() >= static_cast<std::size_t>(images))
    result.labels.assign(workload.task.labels.begin(), workload.task.labels.begin() + images);
  const auto append = [&network](std::vector<std::uint8_t>& bytes, int tensor, const Plane& elements) {
    const std::vector<std::uint8_t> packed = pack(network.tensors[tensor], elements);
    bytes.insert(bytes.end(), packed.begin(), packed.end());
  };
  GoldenModel golden(network, golden_options(scenario));
  for (int i = 0; i < images; ++i) {
    append(result.inputs, network.input, workload.images[i]);
    append(result.expected, output, golden.run(workload.images[i])[output]);
    progress(kPrepared + (1 - kPrepared) * (i + 1) / images);
  }
  return result;
}

Scenario scenario_of(const stored::StoredProgram& program) {
  Scenario scenario;
  scenario.accelerator = program.accelerator;
  scenario.memory.latency_cycles = static_cast<int>(program.latency_cycles);
  scenario.memory.bytes_per_cycle = parse_rational(fmt::format("{}/{}", program.bytes_per_cycle_numerator,
                                                               program.bytes_per_cycle_denominator))
                                        .value();
  return scenario;
}

StoredRun run_stored(const stored::StoredProgram& program, Level level, const std::function<void()>& tick) {
  if (!computes_data(level)) {
    const StoredTiming timing = time_stored(program);
    StoredRun run;
    run.fault = timing.fault;
    if (run.fault.empty()) run.images = program.images;
    run.cycles = timing.cycles * (program.images / program.batch);
    return run;
  }
  ProgramRegions regions;
  regions.constants_bytes = static_cast<std::uint32_t>(program.constants.size());
  regions.data_base = page_aligned(program.constants.size());
  regions.data_bytes = program.data_bytes;
  System system("system", scenario_of(program), {level == Level::kRtl, level == Level::kTlm},
                regions.data_base + page_aligned(program.data_bytes));
  system.poke(0, program.constants);
  const stored::StoredTensor &input = program.input_tensor(), &output = program.output_tensor();
  const auto address = [&regions](const stored::StoredTensor& tensor, std::int64_t image) {
    return regions.data_base + tensor.offset +
           std::uint64_t{tensor.image_pitch} * static_cast<std::uint64_t>(image);
  };
  const auto image_of = [](const std::vector<std::uint8_t>& all, const stored::StoredTensor& tensor,
                           std::int64_t image) {
    const auto begin = all.begin() + image * tensor.image_bytes();
    return std::vector<std::uint8_t>(begin, begin + tensor.image_bytes());
  };
  StoredRun run;
  for (; run.images < program.images; run.images += program.batch) {
    constexpr std::uint8_t kPoison = 0xa5;
    system.poke(regions.data_base, std::vector<std::uint8_t>(program.data_bytes, kPoison));
    for (std::int64_t i = 0; i < program.batch; ++i)
      system.poke(address(input, i), image_of(program.inputs, input, run.images + i));
    run.fault = system.run(level, regions, tick);
    if (!run.fault.empty()) return run;
    run.cycles += static_cast<std::int64_t>(system.device(level).driver.outcome().cycles);
    for (std::int64_t i = 0; i < program.batch; ++i) {
      const auto found = system.peek(address(output, i), static_cast<std::size_t>(output.image_bytes()));
      const auto expected = image_of(program.expected, output, run.images + i);
      for (std::size_t b = 0; b < found.size(); b += output.element_bytes()) {
        const auto differs =
            !std::equal(found.begin() + static_cast<std::ptrdiff_t>(b),
                        found.begin() + static_cast<std::ptrdiff_t>(b + output.element_bytes()),
                        expected.begin() + static_cast<std::ptrdiff_t>(b));
        run.wrong += static_cast<std::int64_t>(differs);
      }
      run.elements += output.shape.elements();
    }
  }
  return run;
}

}  // namespace bitbalance::runner
