#include "hw/compiler/search/program_search.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/process/interruption.h"
#include "hw/isa/account/dram_kinds.h"

namespace bitbalance::compiler {
namespace {

constexpr int AcceleratorConfig::*kBuffers[] = {
    &AcceleratorConfig::activation_buffer_bytes, &AcceleratorConfig::weight_bank_bytes,
    &AcceleratorConfig::output_buffer_bytes, &AcceleratorConfig::parameter_buffer_bytes};

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
      timeline_(config, options.memory, mapper.shapes()),
      clock_(config, options.memory, *mapper.shapes(), weights_) {}

std::optional<MappedProgram> ProgramSearch::best(ProgramLayers& layers) {
  judged_.clear();
  hopeless_.clear();
  best_.reset();
  const std::vector<AcceleratorConfig> machines = smaller_machines(layers);
  for (const AcceleratorConfig& machine : machines)
    if (leaves_room(layers, machine)) judge_all(layers, machine);
  if (!best_) return {};
  // By another objective there is no bound that spares most of them.
  if (best_->candidate.plan.size() == 1 && options_.objective == MappingObjective::kCycles)
    judge_many(layers, machines);
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
  best_->program.least_cycles = least_time(layers.least_demand(config_), options_.memory).longest();
  return std::move(best_->program);
}

std::vector<AcceleratorConfig> ProgramSearch::smaller_machines(ProgramLayers& layers) const {
  std::vector<AcceleratorConfig> machines = {config_};
  for (int AcceleratorConfig::*const buffer : kBuffers) {
    std::vector<int> sizes;
    for (const int size : smaller_sizes(config_, buffer)) {
      AcceleratorConfig machine = config_;
      machine.*buffer = size;
      if (layers.propose(machine).empty()) break;
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

bool ProgramSearch::leaves_room(ProgramLayers& layers, const AcceleratorConfig& machine) {
  // An exhaustive search has blocks of other sizes.
  const bool is_bounded =
      options_.objective == MappingObjective::kCycles && options_.effort != MappingEffort::kExhaustive;
  if (!best_ || !is_bounded) return true;
  const auto has_less = [&](const AcceleratorConfig& one, const AcceleratorConfig& other) {
    return std::all_of(std::begin(kBuffers), std::end(kBuffers),
                       [&](const auto buffer) { return one.*buffer <= other.*buffer; });
  };
  const bool is_hopeless = std::any_of(hopeless_.begin(), hopeless_.end(),
                                       [&](const auto& hopeless) { return has_less(machine, hopeless); });
  if (is_hopeless && layers.fits_in_full_width(machine)) return false;
  const std::optional<LayerDemand> least = layers.least_demand_in(machine);
  if (!least || least_time(*least, options_.memory).longest() < best_->merit.cycles) return true;
  hopeless_.push_back(machine);
  return false;
}

void ProgramSearch::judge_all(ProgramLayers& layers, const AcceleratorConfig& config) {
  const std::vector<Plan> plans = layers.propose(config);
  for (const Plan& plan : plans) judge(layers, config, plan);
  if (options_.effort != MappingEffort::kExhaustive || plans.empty() || plans.front().size() != 1) return;
  for (const LayerMapping& block : layers.alternatives(config, 0)) judge(layers, config, {block});
}

ProgramSearch::Trials ProgramSearch::many_of(ProgramLayers& layers, bool full_width) const {
  const std::vector<LayerMapping> blocks = layers.many(config_, 0, full_width);
  std::vector<std::pair<std::int64_t, std::size_t>> order;
  order.reserve(blocks.size());
  for (const LayerMapping& block : blocks)
    order.emplace_back(least_time(layers.demand(config_, {block}), options_.memory).longest(), order.size());
  std::sort(order.begin(), order.end());
  Trials trials;
  for (const auto& [cycles, number] : order) {
    trials.blocks.push_back(blocks[number]);
    trials.least_cycles.push_back(cycles);
  }
  return trials;
}

void ProgramSearch::judge_many(ProgramLayers& layers, const std::vector<AcceleratorConfig>& machines) {
  const Trials full_width = many_of(layers, true);
  Trials cut_width;
  const auto judge_fitting = [&](const Trials& trials, const AcceleratorConfig& machine) {
    const std::vector<std::size_t> fitting = layers.fitting(machine, 0, trials.blocks);
    for (const std::size_t i : fitting) {
      if (trials.least_cycles[i] >= best_->merit.cycles) break;  // nor will any behind it do better
      judge(layers, machine, {trials.blocks[i]});
    }
    return !fitting.empty();
  };
  for (const AcceleratorConfig& machine : machines) {
    if (judge_fitting(full_width, machine)) continue;
    if (cut_width.blocks.empty()) cut_width = many_of(layers, false);
    judge_fitting(cut_width, machine);
  }
}

void ProgramSearch::judge(ProgramLayers& layers, const AcceleratorConfig& config, const Plan& plan) {
  // The weight buffer is used as a whole, whatever the plan was made for.
  Candidate candidate{config, plan};
  candidate.config.weight_bank_bytes = config_.weight_bank_bytes;
  if (!judged_.insert(key_of(candidate.config, plan)).second) return;
  throw_if_interrupted();
  const bool by_cycles = options_.objective == MappingObjective::kCycles;
  BuildWatcher* watcher = nullptr;
  if (by_cycles) {
    const LayerDemand demand = layers.demand(candidate.config, plan);
    const std::int64_t limit = best_ ? best_->merit.cycles : kNever;
    if (least_time(demand, options_.memory).longest() >= limit) return;
    if (ProgramClock::suits(config_)) {
      layers.outline(candidate.config, plan, outline_);
      if (!clock_.may_beat(outline_, limit)) return;
      clock_.restart(demand, outline_, limit);
      watcher = &clock_;
    }
  }
  std::optional<MappedProgram> program = layers.lower(candidate.config, plan, watcher);
  if (!program) return;
  const Merit merit = watcher != nullptr ? Merit{static_cast<double>(clock_.cycles()), clock_.cycles()}
                                         : merit_of(program->program);
  if (!best_ || merit < best_->merit) best_ = Found{std::move(candidate), std::move(*program), merit};
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
