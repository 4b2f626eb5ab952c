#include "testbench/run/output_check.h"

#include <algorithm>
#include <cstdint>
#include <random>

#include "quant/eval/images/image_set.h"
#include "quant/ir/integer_values.h"
#include "testbench/golden/golden_element.h"

namespace bitbalance::runner {

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

OutputCheck::OutputCheck(const Scenario& scenario, const Workload& workload, DataRegion& data)
    : scenario_(scenario), workload_(workload), data_(data), options_(golden_options(scenario)) {
  if (scenario.run.golden == GoldenExtent::kFull) golden_.emplace(workload.network, options_);
}

void OutputCheck::run(const Segments& segments, int first, RunReport& report,
                      const std::function<void(double)>& progress) {
  const int batch = segments.front().program().batch;
  const auto layers = static_cast<double>(report.layers.size());
  for (int i = 0; i < batch; ++i) {
    const int image = first + i;
    const std::vector<Plane>* expected = nullptr;
    if (golden_) {
      expected = &golden_->run(workload_.images[image], [&](double share) { progress((i + share) / batch); });
    }
    std::size_t index = 0;
    for (const LoadedProgram& loaded : segments) {
      for (const ProgramLayer& layer : loaded.program().layers) {
        const LayerData found{loaded.program(), layer, i, image};
        LayerReport& entry = report.layers[index++];
        if (expected != nullptr) {
          compare_all(found, (*expected)[layer.output], entry);
        } else {
          compare_sample(found, index, entry);
          progress((i + static_cast<double>(index) / layers) / batch);
        }
      }
    }
    keep_results(segments, i, report);
  }
}

void OutputCheck::keep_results(const Segments& segments, int place, RunReport& report) {
  const QuantizedNetwork& network = workload_.network;
  const std::vector<float> decisive = result_values(segments, network.output, place);
  decisions_.push_back(golden::decisions(decisive, workload_.task.classes));
  for (std::size_t o = 0; report.writes_outputs() && o < report.outputs.size(); ++o) {
    const int tensor = network.outputs[o].tensor;
    const std::vector<float> values =
        tensor == network.output ? decisive : result_values(segments, tensor, place);
    report.outputs[o].values.insert(report.outputs[o].values.end(), values.begin(), values.end());
  }
}

std::vector<float> OutputCheck::result_values(const Segments& segments, int tensor, int place) {
  for (const LoadedProgram& loaded : segments) {
    for (const ProgramLayer& layer : loaded.program().layers)
      if (layer.on_host && layer.output == tensor) return data_.host_values(loaded.program(), layer, place);
  }
  return real_values(workload_.network.tensors[tensor], data_.read(segments.back().program(), tensor, place));
}

void OutputCheck::compare_all(const LayerData& found, const Plane& expected, LayerReport& entry) {
  const int output = found.layer.output;
  compare(entry.name, workload_.network.tensors[output], found.image, expected,
          data_.read(found.program, output, found.place), entry.comparison);
}

void OutputCheck::compare_sample(const LayerData& found, std::size_t index, LayerReport& entry) {
  const QuantizedNetwork& network = workload_.network;
  const ProgramLayer& layer = found.layer;
  if (layer.on_host) return compare_all(found, data_.host_result(found.program, layer, found.place), entry);
  const Plane input = data_.read(found.program, layer.input, found.place);
  std::optional<Plane> operand;
  if (layer.operand >= 0) operand = data_.read(found.program, layer.operand, found.place);
  const Plane output = data_.read(found.program, layer.output, found.place);
  const GoldenElement golden(network, options_, layer.network_layers, input, operand ? &*operand : nullptr);
  const QuantizedTensor& tensor = network.tensors[layer.output];
  std::seed_seq seed{scenario_.run.golden_seed, std::int64_t{found.image}, static_cast<std::int64_t>(index)};
  for (const std::int64_t place : sample_places(tensor.shape.elements(), seed)) {
    compare_element(entry.name, tensor, found.image, place, golden.at(place), output[place],
                    entry.comparison);
  }
  entry.comparison.total += tensor.shape.elements();
}

}  // namespace bitbalance::runner
