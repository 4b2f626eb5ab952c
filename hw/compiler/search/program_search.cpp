#include "hw/compiler/search/program_search.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "base/process/interruption.h"
#include "hw/isa/account/dram_kinds.h"
#include "hw/isa/command/command.h"

namespace bitbalance::compiler {
namespace {

/// Of the plans that differ in the machines they are made for, or in a layer's block: programs that are
/// judged where no bound leaves out the others.
constexpr std::size_t kMostJudged = 200;

constexpr int AcceleratorConfig::*kBuffers[] = {
    &AcceleratorConfig::activation_buffer_bytes, &AcceleratorConfig::weight_bank_bytes,
    &AcceleratorConfig::output_buffer_bytes, &AcceleratorConfig::parameter_buffer_bytes};

/// Sizes below that of `config`, the largest first: the default one times powers of four, none of them odd.
std::vector<int> smaller_sizes(const AcceleratorConfig& config, int AcceleratorConfig::*buffer) {
  constexpr int kRatio = 4;
  std::int64_t size = AcceleratorConfig().*buffer;
  while (size < config.*buffer) size *= kRatio;
  std::vector<int> sizes;
  for (; size > 1; size /= kRatio)
    if (size < config.*buffer) sizes.push_back(static_cast<int>(size));
  return sizes;
}

}  // namespace

ProgramSearch::ProgramSearch(const AcceleratorConfig& config, const MapperOptions& options,
                             const Mapper& mapper)
    : config_(config),
      options_(options),
      mapper_(mapper),
      weights_(mapper.weights()),
      timeline_(config, options.memory, mapper.shapes()),
      clock_(config, options.memory, *mapper.shapes(), weights_) {}

std::optional<MappedProgram> ProgramSearch::best(ProgramLayers& layers) {
  hopeless_.clear();
  best_.reset();
  times_.emplace(config_, options_.memory, *mapper_.shapes(), weights_);
  for (const Proposal& proposal : layers.propose(config_))
    judge(layers, config_, layers.plan_of(proposal), config_);
  if (!best_) return {};
  const std::vector<AcceleratorConfig> machines = smaller_machines(layers);
  set_targets(machines);
  const std::vector<Plan> plans = plans_for(layers, machines);
  if (goes_by_cycles()) {
    for (const Plan& plan : plans) judge_everywhere(layers, plan);
  } else {
    judge_most_promising(layers, plans.size(), has_bound() ? plans.size() : kMostJudged,
                         [&](std::size_t i) -> const Plan& { return plans[i]; });
  }
  if (options_.effort == MappingEffort::kExhaustive) {
    try_all_blocks(layers);
  } else if (best_->plan.size() == 1 || !goes_by_cycles()) {
    for (std::size_t c = 0; c < best_->plan.size(); ++c) try_many_blocks(layers, c);
  }
  if (!goes_by_cycles()) {
    judge_everywhere(layers, fastest_plan(layers));
    judge_everywhere(layers, Plan(best_->plan));
  }
  best_->program.cycles = best_->merit.cycles;
  best_->program.least_cycles = least_time(layers.least_demand(config_), options_.memory).longest();
  return std::move(best_->program);
}

Plan ProgramSearch::fastest_plan(ProgramLayers& layers) {
  MapperOptions options = options_;
  options.objective = MappingObjective::kCycles;
  ProgramSearch search(config_, options, mapper_);
  search.best(layers);
  return std::move(search.best_->plan);
}

std::vector<Plan> ProgramSearch::plans_for(ProgramLayers& layers,
                                           const std::vector<AcceleratorConfig>& machines) {
  std::vector<Plan> plans;
  std::set<Proposal> known;
  for (const AcceleratorConfig& machine : machines) {
    if (!leaves_room(layers, machine)) continue;
    for (const Proposal& proposal : layers.propose(machine))
      if (known.insert(proposal).second) plans.push_back(layers.plan_of(proposal));
  }
  return plans;
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

void ProgramSearch::set_targets(const std::vector<AcceleratorConfig>& machines) {
  targets_.clear();
  for (const AcceleratorConfig& machine : machines)
    if (machine.weight_bank_bytes == config_.weight_bank_bytes) targets_.push_back(machine);
  const auto sizes = [](const AcceleratorConfig& machine) {
    return std::make_tuple(machine.output_buffer_bytes, machine.activation_buffer_bytes,
                           machine.parameter_buffer_bytes);
  };
  std::sort(targets_.begin(), targets_.end(),
            [&](const auto& one, const auto& other) { return sizes(one) > sizes(other); });
}

bool ProgramSearch::leaves_room(ProgramLayers& layers, const AcceleratorConfig& machine) {
  // An exhaustive search has blocks of other sizes.
  const bool is_bounded = goes_by_cycles() && options_.effort != MappingEffort::kExhaustive;
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

void ProgramSearch::try_all_blocks(ProgramLayers& layers) {
  // One convolution after the other, until none has a better block.
  for (bool better = true; better;) {
    better = false;
    for (std::size_t c = 0; c < best_->plan.size(); ++c) {
      const Merit before = best_->merit;
      Plan plan = best_->plan;
      for (const LayerMapping& block : layers.alternatives(config_, c)) {
        plan[c] = block;
        consider(layers, plan);
      }
      better |= best_->merit < before && best_->plan.size() > 1;
    }
  }
}

void ProgramSearch::try_many_blocks(ProgramLayers& layers, std::size_t convolution) {
  try_blocks(layers, convolution, layers.many(config_, convolution, true));
  const auto needs_cuts = [&](const AcceleratorConfig& machine) {
    return !layers.fits_in_full_width(machine);
  };
  if (std::any_of(targets_.begin(), targets_.end(), needs_cuts))
    try_blocks(layers, convolution, layers.many(config_, convolution, false));
}

void ProgramSearch::try_blocks(ProgramLayers& layers, std::size_t convolution,
                               const std::vector<LayerMapping>& blocks) {
  Plan plan = best_->plan;
  const bool is_bounded = has_bound() && plan.size() == 1;
  judge_most_promising(layers, blocks.size(), is_bounded ? blocks.size() : kMostJudged / plan.size() + 1,
                       [&](std::size_t i) -> const Plan& {
                         plan[convolution] = blocks[i];
                         return plan;
                       });
}

void ProgramSearch::judge_most_promising(ProgramLayers& layers, std::size_t count, std::size_t most,
                                         const std::function<const Plan&(std::size_t)>& plan_of) {
  std::vector<std::pair<double, std::size_t>> least_first;
  least_first.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const LayerDemand demand = layers.demand(config_, plan_of(i));
    least_first.emplace_back(has_bound() ? static_cast<double>(bound(demand)) : estimate_of(demand), i);
  }
  std::sort(least_first.begin(), least_first.end());
  least_first.resize(std::min(count, most));
  for (const auto& [least, number] : least_first) {
    if (has_bound() && least >= best_->merit.value) break;  // nor will any behind it do better
    consider(layers, plan_of(number));
  }
}

double ProgramSearch::estimate_of(const LayerDemand& demand) const {
  LayerProfile least;
  least.cycles = least_time(demand, options_.memory).longest();
  least.events.add(Event::kDramReadActivation, demand.read_bytes);
  least.events.add(Event::kDramWrite, demand.write_bytes);
  const double joules = options_.energy_j(least);
  return options_.objective == MappingObjective::kEdp ? joules * static_cast<double>(least.cycles) : joules;
}

bool ProgramSearch::cannot_be_better(const LayerDemand& demand) const {
  return best_ && has_bound() && static_cast<double>(bound(demand)) >= best_->merit.value;
}

std::int64_t ProgramSearch::bound(const LayerDemand& demand) const {
  if (goes_by_cycles()) return least_time(demand, options_.memory).longest();
  // The commands of the array and the last one come on top.
  return demand.read_bytes + demand.write_bytes + isa::kCommandBytes * (demand.loads + demand.stores);
}

void ProgramSearch::consider(ProgramLayers& layers, const Plan& plan) {
  if (goes_by_cycles()) {
    judge_everywhere(layers, plan);
  } else if (layers.has_room(config_, plan)) {
    judge(layers, config_, plan, config_);
  }
}

void ProgramSearch::judge_everywhere(ProgramLayers& layers, const Plan& plan) {
  // On no machine does it ask for less than on the largest one.
  if (cannot_be_better(layers.demand(config_, plan))) return;
  const bool cuts_channels = layers.cuts_channels(plan);
  AcceleratorConfig largest = config_;
  std::set<int> refused;  // sizes of activation buffers, whatever output buffer follows
  enum class Prospect { kUnknown, kNone, kBetter };
  Prospect prospect = Prospect::kUnknown;  // with the buffers of `largest`, or smaller ones
  for (const AcceleratorConfig& target : targets_) {
    // A layer of the vector unit is cut as the output buffer wants it, and activations of all chunks stay in
    // the buffer or are loaded again.
    const int outputs = target.output_buffer_bytes;
    const int activations = (cuts_channels ? target : config_).activation_buffer_bytes;
    if (outputs != largest.output_buffer_bytes || activations != largest.activation_buffer_bytes) {
      largest.output_buffer_bytes = outputs;
      largest.activation_buffer_bytes = activations;
      prospect = Prospect::kUnknown;
    }
    if (prospect == Prospect::kNone || refused.count(activations) > 0) continue;
    if (!layers.has_room(target, plan)) continue;
    if (prospect == Prospect::kUnknown) {
      prospect =
          evaluate(layers, largest, plan, Regions::kMayWrap, largest) ? Prospect::kBetter : Prospect::kNone;
      if (refused_for_smaller_outputs_) refused.insert(activations);
    }
    if (prospect == Prospect::kBetter) judge(layers, target, plan, largest);
  }
}

void ProgramSearch::judge(ProgramLayers& layers, const AcceleratorConfig& config, const Plan& plan,
                          const AcceleratorConfig& largest) {
  if (std::optional<Found> better = evaluate(layers, config, plan, Regions::kContiguous, largest))
    best_ = std::move(better);
}

bool ProgramSearch::may_beat(ProgramLayers& layers, const Plan& plan, std::int64_t limit,
                             const AcceleratorConfig& largest) {
  const auto block = [&, number = std::size_t{0}](std::size_t layer) mutable {
    return outline_.layers[layer].has_array ? &plan[number++] : nullptr;
  };
  auto known_block = block;
  for (std::size_t i = 0; i < outline_.layers.size(); ++i)
    outline_.times[i] = times_->find(largest, i, known_block(i));
  auto next_block = block;
  for (std::size_t i = 0; i < outline_.layers.size(); ++i) {
    const LayerMapping* const next = next_block(i);
    if (outline_.times[i] != nullptr) continue;
    if (!clock_.may_beat(outline_, limit)) return false;
    outline_.times[i] = &times_->of(layers, largest, i, next);
  }
  return clock_.may_beat(outline_, limit);
}

std::optional<ProgramSearch::Found> ProgramSearch::evaluate(ProgramLayers& layers,
                                                            const AcceleratorConfig& config, const Plan& plan,
                                                            Regions regions,
                                                            const AcceleratorConfig& largest) {
  throw_if_interrupted();
  refused_for_smaller_outputs_ = false;
  const auto refuse = [this](bool for_smaller_outputs) {
    refused_for_smaller_outputs_ = for_smaller_outputs;
    return std::nullopt;
  };
  BuildWatcher* watcher = nullptr;
  const LayerDemand demand = layers.demand(config, plan);
  if (cannot_be_better(demand)) return refuse(goes_by_cycles());
  if (goes_by_cycles()) {
    const std::int64_t limit = best_ ? best_->merit.cycles : kNever;
    if (ProgramClock::suits(config_)) {
      layers.outline(config, plan, outline_);
      if (!clock_.may_beat(outline_, limit)) return refuse(true);
      if (knows_times(plan) && !may_beat(layers, plan, limit, largest)) return {};
      clock_.restart(demand, outline_, limit);
      watcher = &clock_;
    }
  }
  std::optional<MappedProgram> program = layers.lower(config, plan, regions, watcher);
  if (!program) {
    // Convolutions that came so far take no less with smaller ones. Layers of the vector unit are cut anew.
    const auto begun = outline_.layers.begin() + static_cast<std::ptrdiff_t>(clock_.layers_begun());
    return refuse(!knows_times(plan) &&
                  std::all_of(outline_.layers.begin(), begun,
                              [](const LayerOutline& layer) { return layer.has_array; }));
  }
  const Merit merit = watcher != nullptr ? Merit{static_cast<double>(clock_.cycles()), clock_.cycles()}
                                         : merit_of(program->program);
  if (best_ && !(merit < best_->merit)) return {};
  return Found{plan, std::move(*program), merit};
}

ProgramSearch::Merit ProgramSearch::merit_of(const Program& program) {
  if (goes_by_cycles()) {
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
