#include "testbench/explore/comparison/subject.h"

#include <algorithm>
#include <map>

#include "base/text/enum_index.h"
#include "hw/compiler/mapper.h"
#include "quant/eval/evaluator.h"
#include "quant/ir/integer_values.h"
#include "quant/method/calibration.h"
#include "quant/method/quantizer.h"
#include "testbench/run/program_set.h"
#include "testbench/run/timing/program_timing.h"
#include "testbench/scenario/workload.h"

namespace bitbalance::explore {
namespace {

constexpr int kMostImages = 32;  ///< whose activations are kept

std::vector<std::vector<std::int32_t>> rounded_activations(const Network& network,
                                                           const QuantizedNetwork& quantized,
                                                           Evaluator& evaluator,
                                                           const std::vector<float>& image) {
  evaluator.run(image);
  std::map<std::string, int> index;
  for (std::size_t t = 0; t < network.tensors.size(); ++t)
    index[network.tensors[t].name] = static_cast<int>(t);
  std::vector<int> sources;  // by tensor of the quantized network, tensors of the float one
  for (const QuantizedTensor& tensor : quantized.tensors) {
    const auto found = index.find(tensor.name);
    sources.push_back(found == index.end() ? -1 : found->second);
  }
  // What the quantizer added copies an operand of a concatenation.
  for (const QuantizedLayer& layer : quantized.layers)
    if (sources[layer.output] < 0) sources[layer.output] = sources[layer.input];
  std::vector<std::vector<std::int32_t>> values;
  for (std::size_t t = 0; t < sources.size(); ++t) {
    const int source = sources[t];
    values.push_back(
        quantize_values(quantized.tensors[t], source == network.input ? image : evaluator.values(source)));
  }
  return values;
}

}  // namespace

const char* to_string(WeightSet set) {
  switch (set) {
    case WeightSet::kFull:
      return "full";
    case WeightSet::kLimited:
      return "limited";
  }
  return "?";
}

Subject prepare_subject(const Scenario& scenario) {
  Subject subject;
  subject.scenario = scenario;
  const Samples samples = load_samples(scenario, scenario.network.batch);
  const Calibration calibration =
      calibrate(samples.network, samples.calibration, scenario.quantization.calibration());
  subject.frames = static_cast<int>(samples.images.size());
  const QuantizationOptions& limited = scenario.quantization.options;
  for (const WeightSet set : {WeightSet::kFull, WeightSet::kLimited}) {
    subject.network[enum_index(set)] =
        quantize(samples.network, calibration, set == WeightSet::kFull ? without_limit(limited) : limited,
                 samples.calibration);
  }
  Evaluator evaluator(samples.network);
  for (int i = 0; i < std::min(subject.frames, kMostImages); ++i) {
    subject.activations.push_back(rounded_activations(samples.network, subject.with(WeightSet::kLimited),
                                                      evaluator, samples.images[i]));
  }
  return subject;
}

OurRun run_ours(const Subject& subject, WeightSet set, WeightStorage storage,
                std::optional<MappingObjective> objective) {
  const Scenario& scenario = subject.scenario;
  const QuantizedNetwork& network = subject.with(set);
  AcceleratorConfig config = scenario.accelerator;
  config.weight_storage = storage;
  MapperOptions options = mapper_options(scenario, network, subject.frames);
  options.objective = objective.value_or(options.objective);
  const std::vector<MappedProgram> segments = Mapper(network).map(config, options);
  WeightStatistics weights(network);
  const std::vector<Analysis> analyses = time_batch(segments, config, scenario.memory, weights);
  OurRun run;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const Program& program = segments[s].program;
    const Analysis& analysis = analyses[s];
    run.cycles += analysis.cycles;
    for (std::size_t i = 0; i < program.layers.size(); ++i) {
      const ProgramLayer& layer = program.layers[i];
      if (layer.on_host) continue;
      const QuantizedLayer& first = network.layers[layer.network_layers.front()];
      run.layers.push_back({layer.name, first.op == LayerOp::kConv ? &first : nullptr, layer.input,
                            width_of(network.tensors[layer.input].bits),
                            analysis.profile.layers().at(program.first_layer + i)});
    }
    // Every program's header counts with the first layer.
    if (program.first_layer > 0 && !program.layers.front().on_host)
      run.layers.front().profile += analysis.profile.layers().front();
  }
  return run;
}

}  // namespace bitbalance::explore
