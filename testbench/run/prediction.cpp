#include "testbench/run/prediction.h"

#include <algorithm>
#include <numeric>

#include "hw/isa/weight/tokens.h"
#include "testbench/report/action_record.h"
#include "testbench/report/cost_report.h"
#include "testbench/run/program_set.h"
#include "testbench/run/timing/program_timing.h"

namespace bitbalance::runner {

double Prediction::total_cycles() const {
  return std::accumulate(cycles.begin(), cycles.end(), 0.0);
}

Prediction predict(const QuantizedNetwork& network, const Scenario& scenario) {
  AcceleratorConfig config = scenario.accelerator;
  for (const QuantizedLayer& layer : network.layers)
    if (layer.op == LayerOp::kConv) config.token_form = layer.token_form;
  const MapperOptions options = mapper_options(scenario, network, scenario.network.batch);
  const std::vector<MappedProgram> segments = Mapper(network).map(config, options);
  WeightStatistics weights(network);
  const std::vector<Analysis> analyses = time_batch(segments, config, scenario.memory, weights);
  Prediction prediction;
  prediction.cycles.assign(network.layers.size(), 0.0);
  ActionRecord record;
  record.scenario = scenario.name;
  record.frames = options.batch;
  record.accelerator = config;
  std::vector<std::size_t> owners;  // of the record's layers
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const Program& program = segments[s].program;
    for (std::size_t i = 0; i < program.layers.size(); ++i) {
      const ProgramLayer& layer = program.layers[i];
      if (layer.on_host) continue;
      const LayerProfile& profile = analyses[s].profile.layers().at(program.first_layer + i);
      owners.push_back(layer.network_layers.front());
      prediction.cycles[owners.back()] = static_cast<double>(profile.cycles) / options.batch;
      record.layers.push_back({layer.name, work_of(profile, width_of(network.tensors[layer.input].bits))});
    }
  }
  if (scenario.technology) {
    prediction.energy_j.assign(network.layers.size(), 0.0);
    const CostReport cost = cost_of(record, *scenario.technology);
    for (std::size_t i = 0; i < owners.size(); ++i) {
      const EnergyReport& energy = cost.layers[i].energy;
      prediction.energy_j[owners[i]] = (energy.core_j() + energy.dram_j()) / options.batch;
    }
  }
  return prediction;
}

double stored_bytes(const QuantizedLayer& layer, WeightStorage storage) {
  constexpr double kBitsPerByte = 8;
  return static_cast<double>(layer.weights.size()) *
         stored_bits(layer.weight_bits, layer.nnzb, layer.token_form, storage) / kBitsPerByte;
}

}  // namespace bitbalance::runner
