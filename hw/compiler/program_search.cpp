#include "hw/compiler/program_search.h"

#include <algorithm>

#include "hw/isa/account/dram_kinds.h"

namespace bitbalance::compiler {
namespace {

constexpr int AcceleratorConfig::*kBuffers[] = {
    &AcceleratorConfig::activation_buffer_bytes, &AcceleratorConfig::weight_bank_bytes,
    &AcceleratorConfig::output_buffer_bytes, &AcceleratorConfig::parameter_buffer_bytes};

/// Memories that plans are made for, bytes per cycle. The same for every machine.
const std::vector<double>& planned_rates() {
  static const std::vector<double> rates = {12.8, 0.8, 1.6, 3.2, 6.4, 25.6, 51.2, 102.4, 204.8};
  return rates;
}

/// All that a program depends on.
std::vector<int> key_of(const AcceleratorConfig& config, const Plan& plan) {
  std::vector<int> key;
  for (int AcceleratorConfig::*const buffer : kBuffers) key.push_back(config.*buffer);
  for (const LayerMapping& m : plan) {
    key.insert(key.end(), {m.images, m.rows, m.columns, m.conv_groups, m.output_channels, m.channels,
                           static_cast<int>(m.order)});
  }
  return key;
}

/// Sizes below that of `config`, the largest first: the default one times powers of four.
std::vector<int> smaller_sizes(const AcceleratorConfig& config, int AcceleratorConfig::*buffer) {
  constexpr int kRatio = 4;
  std::int64_t size = AcceleratorConfig().*buffer;
  while (size < config.*buffer) size *= kRatio;
  std::vector<int> sizes;
  for (; size > 0; size /= kRatio)
    if (size < config.*buffer) sizes.push_back(static_cast<int>(size));
  return sizes;
}

}  // namespace

ProgramSearch::ProgramSearch(const AcceleratorConfig& config, const MapperOptions& options,
                             const Mapper& mapper)
    : config_(config),
      options_(options),
      weights_(mapper.weights()),
      timeline_(config, options.memory, mapper.shapes()) {}

std::optional<MappedProgram> ProgramSearch::best(ProgramLayers& layers) {
  judged_.clear();
  best_.reset();
  for (const AcceleratorConfig& machine : smaller_machines(layers)) judge_all(layers, machine);
  if (!best_) return {};
  if (options_.effort == MappingEffort::kExhaustive && best_->candidate.plan.size() > 1) {
    // One convolution after the other, until none has a better block.
    for (bool better = true; better;) {
      better = false;
      for (std::size_t c = 0; c < best_->candidate.plan.size(); ++c) {
        const Merit before = best_->merit;
        Plan plan = best_->candidate.plan;
        const AcceleratorConfig machine = best_->candidate.config;
        for (const LayerMapping& block : layers.alternatives(machine, c)) {
          plan[c] = block;
          judge(layers, machine, plan);
        }
        better |= best_->merit < before;
      }
    }
  }
  best_->program.cycles = best_->merit.cycles;
  best_->program.least_cycles = least_cycles(layers.least_demand(config_));
  return std::move(best_->program);
}

std::vector<AcceleratorConfig> ProgramSearch::smaller_machines(ProgramLayers& layers) const {
  std::vector<AcceleratorConfig> machines = {config_};
  for (int AcceleratorConfig::*const buffer : kBuffers) {
    std::vector<int> sizes;
    for (const int size : smaller_sizes(config_, buffer)) {
      AcceleratorConfig machine = config_;
      machine.*buffer = size;
      if (layers.propose(machine, {planned_rates().front()}).empty()) break;
      sizes.push_back(size);
    }
    const std::size_t count = machines.size();
    for (const int size : sizes) {
      for (std::size_t m = 0; m < count; ++m) {
        machines.push_back(machines[m]);
        machines.back().*buffer = size;
      }
    }
  }
  return machines;
}

void ProgramSearch::judge_all(ProgramLayers& layers, const AcceleratorConfig& config) {
  const std::vector<Plan> plans = layers.propose(config, planned_rates());
  for (const Plan& plan : plans) judge(layers, config, plan);
  if (options_.effort != MappingEffort::kExhaustive || plans.empty() || plans.front().size() != 1) return;
  for (const LayerMapping& block : layers.alternatives(config, 0)) judge(layers, config, {block});
}

void ProgramSearch::judge(ProgramLayers& layers, const AcceleratorConfig& config, const Plan& plan) {
  // The weight buffer is used as a whole, whatever the plan was made for.
  Candidate candidate{config, plan};
  candidate.config.weight_bank_bytes = config_.weight_bank_bytes;
  if (!judged_.insert(key_of(candidate.config, plan)).second) return;
  if (best_ && options_.objective == MappingObjective::kCycles &&
      least_cycles(layers.demand(candidate.config, plan)) >= best_->merit.cycles) {
    return;
  }
  MappedProgram program = layers.lower(candidate.config, plan);
  const Merit merit = merit_of(program.program);
  if (!best_ || merit < best_->merit) best_ = Found{std::move(candidate), std::move(program), merit};
}

std::int64_t ProgramSearch::least_cycles(const LayerDemand& demand) const {
  const IdealMemoryTiming& memory = options_.memory;
  const auto cycles = [&](std::int64_t bytes) {
    return static_cast<std::int64_t>(static_cast<double>(bytes) *
                                     static_cast<double>(memory.bytes_per_cycle_denominator) /
                                     static_cast<double>(memory.bytes_per_cycle_numerator));
  };
  // A transfer ends one latency after its last byte, and the next one of its engine begins after that.
  return std::max({demand.compute_cycles, cycles(demand.read_bytes) + demand.loads * memory.latency_cycles,
                   cycles(demand.write_bytes) + demand.stores * memory.latency_cycles});
}

ProgramSearch::Merit ProgramSearch::merit_of(const Program& program) {
  if (options_.objective == MappingObjective::kCycles) {
    const std::int64_t cycles = timeline_.cycles(program, weights_);
    return {static_cast<double>(cycles), cycles};
  }
  const Analysis analysis = timeline_.analyze(program, weights_);
  double joules = 0;
  std::int64_t bytes = 0;
  for (const LayerProfile& layer : analysis.profile.layers()) {
    bytes += dram_bytes(layer.events);
    if (options_.energy_j) joules += options_.energy_j(layer);
  }
  switch (options_.objective) {
    case MappingObjective::kEnergy:
      return {joules, analysis.cycles};
    case MappingObjective::kEdp:
      return {joules * static_cast<double>(analysis.cycles), analysis.cycles};
    case MappingObjective::kDramBytes:
    case MappingObjective::kCycles:
      break;
  }
  return {static_cast<double>(bytes), analysis.cycles};
}

}  // namespace bitbalance::compiler
