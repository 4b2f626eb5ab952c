#include "hw/timeline/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/process/interruption.h"
#include "base/text/enum_index.h"
#include "hw/isa/account/activity.h"
#include "hw/timeline/command_events.h"

namespace bitbalance::timeline {
Timeline::Timeline(const AcceleratorConfig& config, const IdealMemoryTiming& memory,
                   const std::shared_ptr<ShapeTimings>& shapes)
    : config_(config), timings_(config, memory, *shapes), fetch_(memory, config.dram), resident_(config) {}

Analysis Timeline::analyze(const Program& program, RowGroups& weights) {
  const std::int64_t cycles = run(program, weights, true);
  ledger_.write(cycles, profile_);
  return {cycles, std::exchange(profile_, {})};
}

Analysis Timeline::analyze(const Program& program, RowGroups& weights, ExecutionObserver& observer) {
  observer_ = &observer;
  observer.program_started(0);
  Analysis analysis = analyze(program, weights);
  for (std::size_t e = 0; e < kEngines; ++e)
    account(static_cast<Engine>(e), Activity::kNoCommand, analysis.cycles);
  observer.program_ended(analysis.cycles);
  observer_ = nullptr;
  return analysis;
}

std::int64_t Timeline::cycles(const Program& program, RowGroups& weights) {
  return run(program, weights, false);
}

void Timeline::restart(bool with_accounts) {
  with_accounts_ = with_accounts;
  profile_.clear();
  ledger_.clear();
  told_ = {};
  timings_.restart();
  fetch_.restart();
  for (EngineState& engine : engines_) {
    engine.dispatched = engine.issued = 0;
    engine.free = 0;
    for (Flags& flags : engine.flags) flags.clear();
  }
  waiting_ = 0;
  idle_ = last_dispatch_ = 0;
}

std::int64_t Timeline::run(const Program& program, RowGroups& weights, bool with_accounts) {
  restart(with_accounts);
  resident_.restart(program, weights);
  if (with_accounts_) count_fetch(profile_.layer(0).events);  // the header
  constexpr std::size_t kCommandsPerQuestion = 256;
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    if (i % kCommandsPerQuestion == 0) throw_if_interrupted();
    const Command& command = program.commands[i];
    const Edge fetched = fetch_.next();
    if (with_accounts_) count_fetch(events_of(command));

    last_dispatch_ = dispatch(command, fetched);
    if (last_dispatch_ == kNever) refuse_stuck(program);
    fetch_.dispatched(last_dispatch_);
    if (std::holds_alternative<End>(command.body)) return last_dispatch_;
    if (!has_engine(command)) continue;
    const Engine name = engine_of(command);
    EngineState& engine = engines_[enum_index(name)];
    engine.queue[engine.dispatched++ % kMostQueued] = {&command, resident_.find(i), last_dispatch_};
    ++waiting_;
    if (issue(name) && waiting_ > 0) issue_all();
  }
  refuse_stuck(program);
}

Edge Timeline::dispatch(const Command& command, Edge fetched) {
  const Edge edge = std::max(fetched, last_dispatch_) + 1;
  if (!has_engine(command)) return waiting_ > 0 ? kNever : std::max(edge, idle_);
  EngineState& engine = engines_[enum_index(engine_of(command))];
  const auto depth = static_cast<std::size_t>(config_.queue_depth);
  if (engine.dispatched < depth) return edge;
  const std::size_t before = engine.dispatched - depth;  // it must have left the queue
  return before < engine.issued ? std::max(edge, engine.issues[before % kMostQueued]) : kNever;
}

bool Timeline::issue(Engine name) {
  EngineState& engine = engines_[enum_index(name)];
  bool moves = false;
  while (engine.issued < engine.dispatched) {
    const Queued& queued = engine.queue[engine.issued % kMostQueued];
    const Command& command = *queued.command;
    const EngineMask wait = command.header.wait;
    if (wait != 0 && engine.missing(command)) return moves;

    Edge edge = std::max(engine.free, queued.dispatched + 1);
    if (with_accounts_) account(name, Activity::kNoCommand, edge);
    for (std::size_t from = 0; from < kEngines && wait >> from != 0; ++from) {
      if ((wait >> from & 1) == 0) continue;
      Flags& flags = engine.flags[from];
      edge = std::max(edge, flags.given[flags.consumed++]);
      if (with_accounts_) account(name, kWaitFor[from], edge);
    }
    engine.issues[engine.issued++ % kMostQueued] = edge;
    --waiting_;
    moves = true;

    if (observer_ != nullptr) events_before_ = events_of(command);
    const Outcome outcome = timings_.perform(command, queued.groups, edge + 1);
    if (with_accounts_) count(queued, outcome);
    if (observer_ != nullptr) tell_command(name, command, edge, outcome);
    engine.free = outcome.accepted;
    idle_ = std::max(idle_, outcome.completed);
    if (with_accounts_) {
      account(name, Activity::kBusy, outcome.accepted);
      if (command.header.layer_end && name != Engine::kCompute)
        ledger_.end_layer(outcome.completed, name, command.header.layer);
    }
    for (std::size_t to = 0; to < kEngines && command.header.signal >> to != 0; ++to) {
      if ((command.header.signal >> to & 1) != 0)
        engines_[to].flags[enum_index(name)].given.push_back(outcome.completed);
    }
  }
  return moves;
}

void Timeline::tell_activity(Engine engine, Activity activity, Edge end) {
  Edge& told = told_[enum_index(engine)];
  if (told < end) observer_->engine_did(engine, activity, told, end);
  told = std::max(told, end);
}

void Timeline::tell_command(Engine engine, const Command& command, Edge issued, const Outcome& outcome) {
  observer_->command_issued(engine, command, issued);
  EventCounts counted = events_of(command);
  for (int e = 0; e < kEvents; ++e)
    counted.add(static_cast<Event>(e), -events_before_[static_cast<Event>(e)]);
  observer_->command_counted(engine, counted);
  if (engine == Engine::kCompute) {
    ArrayWork work = timings_.compute().work();
    work.compute = &std::get<Compute>(command.body);
    array_trace_.tell(work, command.header.layer, *observer_);
    observer_->compute_accepted(outcome.accepted);
  }
  observer_->command_completed(engine, command, outcome.completed);
}

void Timeline::issue_all() {
  for (bool moves = true; moves && waiting_ > 0;) {
    moves = false;
    for (std::size_t e = 0; e < kEngines; ++e) moves |= issue(static_cast<Engine>(e));
  }
}

void Timeline::count(const Queued& queued, const Outcome& outcome) {
  const Command& command = *queued.command;
  EventCounts& events = events_of(command);
  const auto count_load = [&](const auto& load) {
    count_events(load, *outcome.transfer, config_.dram.burst_bytes, events);
  };
  switch (opcode_of(command)) {
    case Opcode::kLoadWeights:
      return count_load(std::get<LoadWeights>(command.body));
    case Opcode::kLoadParameters:
      return count_load(std::get<LoadParameters>(command.body));
    case Opcode::kLoadActivations:
      return count_load(std::get<LoadActivations>(command.body));
    case Opcode::kLoadOutputs:
      return count_load(std::get<LoadOutputs>(command.body));
    case Opcode::kLoadTable:
      return count_load(std::get<LoadTable>(command.body));
    case Opcode::kStore:
      return count_events(std::get<Store>(command.body), *outcome.transfer, events);
    case Opcode::kPool:
      return count_events(std::get<Pool>(command.body), config_, events);
    case Opcode::kAdd:
      return count_events(std::get<Add>(command.body), config_, events);
    case Opcode::kLookup:
      return count_events(std::get<Lookup>(command.body), config_, events);
    case Opcode::kCompute: {
      const auto& compute = std::get<Compute>(command.body);
      ArrayWork work = timings_.compute().work();
      work.compute = &compute;
      ledger_.add_array(work, timings_.compute().total(), timings_.compute().last_slot());
      return count_events(compute, *work.tiles, queued.groups, config_, events);
    }
    case Opcode::kEnd:
    case Opcode::kBarrier:
      return;
  }
}

void Timeline::refuse_stuck(const Program& program) const {
  for (const EngineState& engine : engines_) {
    if (engine.issued == engine.dispatched) continue;
    const Command* command = engine.queue[engine.issued % kMostQueued].command;
    throw std::invalid_argument(fmt::format("program: command {} waits forever for a flag of the {} engine",
                                            command - program.commands.data(),
                                            to_string(engine.missing(*command).value())));
  }
  throw std::invalid_argument("program: its last command is not End");
}

Analysis analyze(const Program& program, const AcceleratorConfig& config, const IdealMemoryTiming& memory,
                 RowGroups& weights) {
  return Timeline(config, memory).analyze(program, weights);
}

}  // namespace bitbalance::timeline
