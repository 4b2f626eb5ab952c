#include "hw/compiler/search/program_clock.h"

#include <algorithm>
#include <optional>

#include "base/text/enum_index.h"

namespace bitbalance::compiler {

Edge ready_edge(const Command& command, const Prerequisites& prerequisites,
                const std::vector<Edge>& completed) {
  Edge ready = 0;
  if (!has_engine(command)) return ready;
  const Engine own = engine_of(command);  // which works in order
  for (int e = 0; e < kEngines; ++e) {
    const auto engine = static_cast<Engine>(e);
    if (engine == own) continue;
    if (const std::optional<CommandIndex> latest = prerequisites.latest(engine))
      ready = std::max(ready, completed[*latest]);
  }
  return ready;
}

ProgramClock::ProgramClock(const AcceleratorConfig& config, const IdealMemoryTiming& memory,
                           ShapeTimings& shapes, WeightStatistics& weights)
    : memory_(memory),
      compute_gap_(compute_gap(config)),
      weights_(weights),
      clock_(config, memory, shapes),
      resident_(config) {}

bool ProgramClock::may_beat(const ProgramOutline& outline, std::int64_t limit) {
  return least_end(outline, 0, {}, memory_, compute_gap_, stored_) < limit;
}

void ProgramClock::restart(const LayerDemand& demand, const ProgramOutline& outline, std::int64_t limit) {
  clock_.restart();
  outline_ = &outline;
  layers_ = 0;
  left_ = demand;
  limit_ = limit;
  completed_.clear();
}

bool ProgramClock::wants_more(const ProgramBuilder& builder) {
  const Program& program = builder.unfinished();
  layers_begun_ = program.layers.size();
  if (completed_.empty()) resident_.restart(program, weights_);
  for (std::size_t i = completed_.size(); i < program.commands.size(); ++i)
    append(program.commands[i], builder.prerequisites()[i], resident_.find(i));
  if (least_cycles() >= limit_) return false;
  const Command& last = program.commands.back();
  if (layers_ == program.layers.size() || !(last.header.layer_end || opcode_of(last) == Opcode::kBarrier))
    return true;
  return least_cycles_by_layers(program.layers.size()) < limit_;
}

std::int64_t ProgramClock::least_cycles_by_layers(std::size_t layers) {
  layers_ = layers;
  stored_.resize(outline_->layers.size());
  stored_[layers - 1] = clock_.free(Engine::kStore);
  return least_end(*outline_, layers,
                   {clock_.compute().last_slot(), clock_.free(Engine::kLoad), clock_.free(Engine::kStore)},
                   memory_, compute_gap_, stored_);
}

void ProgramClock::append(const Command& command, const Prerequisites& prerequisites,
                          const RowGroupSteps* groups) {
  completed_.push_back(clock_.append(command, groups, ready_edge(command, prerequisites, completed_)));
  if (groups != nullptr) {
    left_.compute_cycles -= clock_.compute().total()[enum_index(Activity::kBusy)] + compute_gap_;
  } else if (const TransferCost* const transfer = clock_.last_transfer()) {
    const bool stores = engine_of(command) == Engine::kStore;
    (stores ? left_.write_bytes : left_.read_bytes) -= transfer->bytes;
    --(stores ? left_.stores : left_.loads);
  }
}

std::int64_t ProgramClock::least_cycles() const {
  const LeastTime left = least_time(left_, memory_);
  // The last results are still to be stored.
  const Edge computed = clock_.compute().last_slot() + left.compute + memory_.latency_cycles;
  return std::max({completed_.back(), left_.compute_cycles > 0 ? computed : 0,
                   clock_.free(Engine::kLoad) + left.read, clock_.free(Engine::kStore) + left.write});
}

}  // namespace bitbalance::compiler
