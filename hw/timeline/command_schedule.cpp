#include "hw/timeline/command_schedule.h"

#include <algorithm>

#include "base/text/enum_index.h"
#include "hw/isa/account/activity.h"

namespace bitbalance::timeline {

CommandSchedule::CommandSchedule(const AcceleratorConfig& config, Host& host, Profile& profile)
    : queue_depth_(static_cast<std::size_t>(config.queue_depth)), host_(host), profile_(profile) {}

void CommandSchedule::start(Edge edge) {
  state_ = State::kHeader;
  begin_ = now_ = edge;
  again_ = false;
  for (EngineState& engine : engines_) {
    engine = {};
    engine.since = engine.told_from = edge;
  }
  if (observer_ != nullptr) observer_->program_started(edge);
  acceptance_ = {kNever, {}};
  failure_ = {};
  commands_ = requested_ = received_ = commands_done_ = outstanding_fetches_ = 0;
  arrivals_ = {};
  fetched_ = {};
  busy_ = {};
  layer_activity_ = {};
  layer_begin_ = edge;
  last_layer_ = 0;
  array_activity_ = host_.array_activity(edge);
}

void CommandSchedule::header(Edge visible, std::uint32_t commands, const Failure& failure) {
  commands_ = commands;
  arrivals_.push({visible, {}, failure});
}

void CommandSchedule::record(Edge visible, const Command& command, const Failure& failure) {
  EngineState* engine = has_engine(command) ? &engines_[enum_index(engine_of(command))] : nullptr;
  arrivals_.push({visible, {&command, engine}, failure});
}

void CommandSchedule::stop(const Failure& failure) {
  if (state_ == State::kStopping) return;  // the first failure counts
  state_ = State::kStopping;
  failure_ = failure;
  again_ = true;
}

Edge CommandSchedule::next_edge() const {
  if (state_ == State::kDone || state_ == State::kIdle) return kNever;
  if (again_) return now_ + 1;
  Edge next = acceptance_.visible;
  for (const EngineState& engine : engines_) {
    if (!engine.completions.empty()) next = std::min(next, engine.completions.front().visible);
  }
  if (!arrivals_.empty()) next = std::min(next, arrivals_.front().visible);
  if (wants_record()) next = std::min(next, std::max(now_ + 1, host_.fetch_room()));
  return next;
}

void CommandSchedule::step(Edge edge) {
  now_ = edge;
  again_ = false;
  if (state_ == State::kHeader && edge == begin_) {
    outstanding_fetches_ = 1;
    return host_.fetch(edge);
  }
  if (state_ != State::kHeader) complete();
  if (state_ == State::kRunning) {
    for (int e = 0; e < kEngines; ++e) {
      if (engines_[e].touched) issue(static_cast<Engine>(e));
    }
    dispatch();
  }
  if (state_ == State::kDone) return;
  fetch();
  if (state_ == State::kStopping) return finish_if_stopped();
  if (!fetched_.empty() && can_dispatch(fetched_.front())) again_ = true;
}

void CommandSchedule::set_activity(std::size_t engine, Activity activity) {
  EngineState& state = engines_[engine];
  layer_activity_[engine][enum_index(state.activity)] += now_ - state.since;
  if (observer_ != nullptr && activity != state.activity) tell_activity(engine);
  state.activity = activity;
  state.since = now_;
}

void CommandSchedule::tell_activity(std::size_t engine) {
  EngineState& state = engines_[engine];
  if (state.told_from < now_)
    observer_->engine_did(static_cast<Engine>(engine), state.activity, state.told_from, now_);
  state.told_from = now_;
}

void CommandSchedule::end_program() {
  close_layer(last_layer_);
  state_ = State::kDone;
  if (observer_ == nullptr) return;
  for (std::size_t e = 0; e < kEngines; ++e) tell_activity(e);
  observer_->program_ended(now_);
}

void CommandSchedule::complete() {
  if (acceptance_.visible <= now_) {
    EngineState& compute = engines_[enum_index(Engine::kCompute)];
    compute.occupied = false;
    compute.touched = true;
    acceptance_.visible = kNever;
    if (observer_ != nullptr) observer_->compute_accepted(now_);
    if (acceptance_.failure.cause != ProgramFault::kNone) {
      compute.in_flight.pop_back();
      stop(acceptance_.failure);
    }
  }
  for (int e = 0; e < kEngines; ++e) {
    const auto& completions = engines_[e].completions;
    if (!completions.empty() && completions.front().visible <= now_) complete(static_cast<Engine>(e));
  }
}

void CommandSchedule::complete(Engine engine) {
  EngineState& state = engines_[enum_index(engine)];
  const Command& command = *state.in_flight.front();
  const CommandHeader& header = command.header;
  const Failure failure = state.completions.front().failure;
  state.in_flight.pop();
  state.completions.pop();
  if (observer_ != nullptr) observer_->command_completed(engine, command, now_);
  if (engine != Engine::kCompute) {
    state.occupied = false;
    state.touched = true;
  }
  if (failure.cause != ProgramFault::kNone) return stop(failure);
  for (int to = 0; to < kEngines; ++to) {
    const Engine receiver = static_cast<Engine>(to);
    if ((header.signal & engine_bit(receiver)) == 0) continue;
    ++engines_[enum_index(receiver)].flags[enum_index(engine)];
    engines_[enum_index(receiver)].touched = true;
  }
  ++commands_done_;
  if (header.layer_end && engine != Engine::kCompute) close_layer(header.layer);
}

void CommandSchedule::issue(Engine engine) {
  EngineState& state = engines_[enum_index(engine)];
  state.touched = false;
  if (state.occupied) return;
  if (state.queue.empty()) return set_activity(enum_index(engine), Activity::kNoCommand);
  const Command& command = *state.queue.front();
  if (const auto missing = state.missing(command))
    return set_activity(enum_index(engine), kWaitFor[enum_index(*missing)]);
  for (std::size_t from = 0; from < kEngines; ++from) {
    if ((command.header.wait & engine_bit(static_cast<Engine>(from))) != 0) --state.flags[from];
  }
  state.in_flight.push(&command);
  state.queue.pop();
  state.occupied = true;
  set_activity(enum_index(engine), Activity::kBusy);
  if (observer_ != nullptr) observer_->command_issued(engine, command, now_);
  host_.start(engine, command, now_);
}

bool CommandSchedule::can_dispatch(const Record& record) const {
  return record.engine != nullptr ? record.engine->queue.size() < queue_depth_ : engines_are_idle();
}

void CommandSchedule::dispatch() {
  if (fetched_.empty() || !can_dispatch(fetched_.front())) return;
  const Record record = fetched_.front();
  fetched_.pop();
  if (record.engine != nullptr) {
    record.engine->queue.push(record.command);
    record.engine->touched = !record.engine->occupied;
    again_ |= record.engine->touched;
    return;
  }
  ++commands_done_;
  if (std::holds_alternative<End>(record.command->body)) end_program();
}

bool CommandSchedule::wants_record() const {
  return state_ == State::kRunning && requested_ < commands_ &&
         requested_ - received_ + fetched_.size() < AcceleratorConfig::kPrefetch;
}

void CommandSchedule::fetch() {
  if (!arrivals_.empty() && arrivals_.front().visible <= now_) {
    receive(arrivals_.front());
    arrivals_.pop();
  }
  if (wants_record() && host_.fetch_room() <= now_) {
    ++requested_;
    ++outstanding_fetches_;
    host_.fetch(now_);
  }
}

void CommandSchedule::receive(const Arrival& arrival) {
  --outstanding_fetches_;
  const bool is_header = arrival.record.command == nullptr;
  received_ += is_header ? 0 : 1;
  if (state_ == State::kStopping) return;
  if (arrival.failure.cause != ProgramFault::kNone) return stop(arrival.failure);
  if (is_header) {
    state_ = State::kRunning;
  } else {
    fetched_.push(arrival.record);
  }
}

void CommandSchedule::finish_if_stopped() {
  fetched_ = {};
  for (std::size_t e = 0; e < kEngines; ++e) {
    engines_[e].queue = {};
    set_activity(e, engines_[e].occupied ? Activity::kBusy : Activity::kNoCommand);
  }
  again_ = false;
  if (outstanding_fetches_ == 0 && engines_are_idle()) end_program();
}

bool CommandSchedule::engines_are_idle() const {
  return std::all_of(engines_.begin(), engines_.end(), [](const EngineState& engine) {
    return engine.queue.empty() && engine.in_flight.empty() && !engine.occupied;
  });
}

void CommandSchedule::close_layer(std::size_t layer) {
  for (std::size_t e = 0; e < kEngines; ++e) set_activity(e, engines_[e].activity);
  LayerProfile& profile = profile_.layer(layer);
  // What the schedule saw as busy, the array splits; what it does not know is fill.
  ActivityCycles& compute = layer_activity_[enum_index(Engine::kCompute)];
  std::int64_t unnamed = compute[enum_index(Activity::kBusy)];
  compute[enum_index(Activity::kBusy)] = 0;
  const ActivityCycles array = host_.array_activity(now_);
  for (const Activity activity : kArrayActivities) {
    const std::int64_t cycles = array[enum_index(activity)] - array_activity_[enum_index(activity)];
    compute[enum_index(activity)] += cycles;
    unnamed -= cycles;
  }
  array_activity_ = array;
  compute[enum_index(Activity::kFill)] += unnamed;
  for (std::size_t e = 0; e < kEngines; ++e) {
    for (std::size_t a = 0; a < kActivities; ++a) profile.activity[e][a] += layer_activity_[e][a];
    busy_[e] += layer_activity_[e][enum_index(Activity::kBusy)];
  }
  profile.cycles += now_ - layer_begin_;
  layer_activity_ = {};
  layer_begin_ = now_;
  last_layer_ = layer;
}

std::vector<CommandSchedule::Unfinished> CommandSchedule::unfinished() const {
  std::vector<Unfinished> commands;
  for (const EngineState& engine : engines_) {
    if (!engine.in_flight.empty()) commands.push_back({engine.in_flight.front(), true, std::nullopt});
    if (!engine.queue.empty())
      commands.push_back({engine.queue.front(), false, engine.missing(*engine.queue.front())});
  }
  return commands;
}

std::int64_t CommandSchedule::busy_cycles(Engine engine, Edge edge) const {
  const std::int64_t closed = busy_[enum_index(engine)];
  if (state_ == State::kIdle || state_ == State::kDone) return closed;
  if (engine == Engine::kCompute) {
    return closed + host_.array_activity(edge)[enum_index(Activity::kBusy)] -
           array_activity_[enum_index(Activity::kBusy)];
  }
  const EngineState& state = engines_[enum_index(engine)];
  const Edge current = state.activity == Activity::kBusy ? edge - state.since : 0;
  return closed + layer_activity_[enum_index(engine)][enum_index(Activity::kBusy)] + current;
}

}  // namespace bitbalance::timeline
