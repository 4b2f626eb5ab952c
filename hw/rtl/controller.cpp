#include "hw/rtl/controller.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bits.h"
#include "base/text/enum_index.h"
#include "hw/isa/account/activity.h"

namespace bitbalance::rtl {

Controller::EnginePorts::EnginePorts(Engine engine)
    : commands(fmt::format("{}_commands", to_string(engine)).c_str()),
      completions(fmt::format("{}_completions", to_string(engine)).c_str()) {}

Controller::Controller(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile,
                       std::int64_t watchdog_cycles)
    : Clocked(name),
      config_(config),
      watchdog_cycles_(watchdog_cycles),
      profile_(profile),
      registers_(config),
      engines_(kEngines, EngineState(static_cast<std::size_t>(config.queue_depth))),
      accounts_(profile, compute_meter) {
  activities_.fill(Activity::kNoCommand);
}

RegisterFile Controller::registers() const {
  ControlRegisters::Counters counters;
  counters.commands_done = commands_done_;
  accounts_.show(edge(), state_ != State::kIdle, activities_, counters);
  return registers_.view(counters);
}

void Controller::register_written() {
  wake();
  update_irq();
}

void Controller::on_clock() {
  acted_ = false;
  if (state_ != State::kIdle) accounts_.catch_up(edge(), activities_);
  if (csr->pending()) apply_register_writes();
  if (state_ == State::kIdle) {
    if (!csr->pending()) sleep();
    return;
  }
  complete();
  if (state_ == State::kRunning) issue();
  if (state_ == State::kRunning) dispatch();
  if (state_ != State::kIdle) fetch();
  if (state_ == State::kStopping) finish_if_stopped();
  if (state_ == State::kIdle) return;
  accounts_.count(edge(), activities_);
  tell_activities(false);
  watch();
  if (!acted_ && is_blocked()) sleep(std::min(watchdog_edge(), kCounting));
}

/// Nothing can be done before a channel or a register changes.
bool Controller::is_blocked() const {
  if (csr->pending() || !responses.empty() || !acceptances.empty()) return false;
  if (can_fetch() && !requests.full()) return false;
  for (std::size_t e = 0; e < kEngines; ++e) {
    if (!ports[e].completions.empty()) return false;
    if (activities_[e] == Activity::kStalled && !ports[e].commands.full() && !engines_[e].in_flight.full()) {
      return false;
    }
  }
  return true;
}

void Controller::reset() {
  if (state_ != State::kIdle) {
    accounts_.catch_up(edge(), activities_);
    accounts_.close(edge());
    tell_activities(true);
  }
  state_ = State::kIdle;
  forget_program();
  fetched_.clear();
  for (EngineState& engine : engines_) {
    engine.queue.clear();
    engine.in_flight.clear();
    engine.occupied = false;
  }
  registers_.reset(*csr.operator->());
  update_irq();
}

void Controller::forget_program() {
  stamps_.start_program();
  fault_ = ProgramFault::kNone;
  fault_reason_.clear();
  commands_ = requested_ = received_ = commands_done_ = 0;
  header_requested_ = header_received_ = false;
  accounts_.clear(edge());
  activities_.fill(Activity::kNoCommand);
  for (EngineState& engine : engines_) engine.flags = {};
}

void Controller::apply_register_writes() {
  acted_ = true;
  switch (registers_.apply(*csr.operator->())) {
    case ControlRegisters::Request::kSoftReset:
      fault_ = ProgramFault::kNone;
      if (state_ != State::kIdle) state_ = State::kStopping;
      break;
    case ControlRegisters::Request::kStart:
      start();
      break;
    case ControlRegisters::Request::kNone:
      break;
  }
  update_irq();
}

void Controller::start() {
  state_ = State::kHeader;
  forget_program();
  fault_reported_ = false;
  memory->forget_errors();
  progress_ = edge() - 1;
  if (observer_ != nullptr) {
    observer_->program_started(edge());
    for (EngineState& engine : engines_) {
      engine.told = Activity::kNoCommand;
      engine.told_from = edge();
    }
  }
  if (const ProgramFault wrong = registers_.region_fault(); wrong != ProgramFault::kNone) fault(wrong, 0);
}

void Controller::complete() {
  if (acceptances.can_pop()) accept_compute();
  for (int e = 0; e < kEngines; ++e) {
    if (ports[e].completions.can_pop()) complete(static_cast<Engine>(e));
  }
}

void Controller::accept_compute() {
  EngineState& compute = engines_[enum_index(Engine::kCompute)];
  const ProgramFault refusal = acceptances.front().fault;
  acceptances.pop();
  acted_ = true;
  compute.occupied = false;
  if (observer_ != nullptr) observer_->compute_accepted(edge());
  if (refusal == ProgramFault::kNone) return;
  fault(refusal, compute.in_flight.back().index);
  compute.in_flight.pop_back();
}

void Controller::complete(Engine engine) {
  PopPort<Completion>& completions = ports[enum_index(engine)].completions;
  const Completion completion = completions.front();
  completions.pop();
  acted_ = true;
  EngineState& state = engines_[enum_index(engine)];
  sc_assert(!state.in_flight.empty());
  const CommandRecord& record = state.in_flight.front();
  if (observer_ != nullptr) observer_->command_completed(engine, record.command, edge());
  if (completion.fault != ProgramFault::kNone) {
    fault(completion.fault, record.index);
  } else {
    for (int to = 0; to < kEngines; ++to) {
      const Engine receiver = static_cast<Engine>(to);
      if ((record.command.header.signal & engine_bit(receiver)) != 0)
        ++engines_[enum_index(receiver)].flags[enum_index(engine)];
    }
    stamps_.complete(engine, record.command.header.signal);
    ++commands_done_;
    progress_ = edge();
    if (completion.layer_end) accounts_.close_layer(completion.layer, edge());
  }
  state.in_flight.pop();
  if (engine != Engine::kCompute) state.occupied = false;
}

void Controller::issue() {
  for (int e = 0; e < kEngines; ++e) issue(static_cast<Engine>(e));
}

void Controller::issue(Engine engine) {
  EngineState& state = engines_[enum_index(engine)];
  Activity& activity = activities_[enum_index(engine)];
  if (state.occupied) {
    activity = Activity::kBusy;
    return;
  }
  if (state.queue.empty()) {
    activity = Activity::kNoCommand;
    return;
  }
  const CommandRecord& record = state.queue.front();
  if (const auto missing = state.missing(record.command)) {
    activity = kWaitFor[enum_index(*missing)];
    return;
  }
  PushPort<IssuedCommand>& commands = ports[enum_index(engine)].commands;
  if (!commands.can_push() || state.in_flight.full()) {
    activity = Activity::kStalled;
    return;
  }
  for (std::size_t from = 0; from < kEngines; ++from) {
    if ((record.command.header.wait & engine_bit(static_cast<Engine>(from))) != 0) --state.flags[from];
  }
  commands.push({record.command, registers_.regions(), stamps_.issue(record.command, record.index)});
  acted_ = true;
  if (observer_ != nullptr) observer_->command_issued(engine, record.command, edge());
  state.in_flight.push(record);
  state.queue.pop();
  state.occupied = true;
  activity = Activity::kBusy;
}

void Controller::dispatch() {
  if (fetched_.empty()) return;
  const CommandRecord& record = fetched_.front();
  if (has_engine(record.command)) {
    RecordQueue& queue = engines_[enum_index(engine_of(record.command))].queue;
    if (queue.full()) return;
    queue.push(record);
    fetched_.pop();
    acted_ = true;
    return;
  }
  if (!queues_are_empty() || !engines_are_empty()) return;
  stamps_.barrier();
  const bool end = std::holds_alternative<End>(record.command.body);
  fetched_.pop();
  ++commands_done_;
  progress_ = edge();
  acted_ = true;
  if (end) end_program();
}

void Controller::fetch() {
  if (responses.can_pop()) {
    if (header_received_) {
      receive_command(responses.front());
    } else {
      receive_header(responses.front());
    }
    responses.pop();
    acted_ = true;
  }
  if (!can_fetch() || !requests.can_push()) return;
  std::uint64_t record = 0;
  if (state_ == State::kHeader) {
    header_requested_ = true;
  } else {
    record = ++requested_;
  }
  MemoryRequest& request = requests.push();
  request.address = registers_.regions().address(Region::kConstants, record * kCommandBytes);
  request.bytes = kCommandBytes;
  acted_ = true;
}

/// There is a record to ask for, and a place for it.
bool Controller::can_fetch() const {
  if (state_ == State::kHeader) return !header_requested_;
  return state_ == State::kRunning && requested_ < commands_ &&
         requested_ - received_ + fetched_.count() < AcceleratorConfig::kPrefetch;
}

void Controller::receive_header(const MemoryResponse& response) {
  header_received_ = true;
  if (state_ != State::kHeader) return;
  CommandBytes bytes{};
  std::copy_n(response.data.begin(), bytes.size(), bytes.begin());
  count_fetch(profile_.layer(0).events);
  if (response.error) return fault(ProgramFault::kMemoryError, 0);
  const ControlRegisters::Header header = registers_.check_header(bytes);
  if (header.fault != ProgramFault::kNone) return fault(header.fault, 0);
  commands_ = header.commands;
  state_ = State::kRunning;
}

void Controller::receive_command(const MemoryResponse& response) {
  const std::uint32_t index = received_++;
  if (state_ != State::kRunning) return;
  if (response.error) return fault(ProgramFault::kMemoryError, index);
  CommandBytes bytes{};
  std::copy_n(response.data.begin(), bytes.size(), bytes.begin());
  const DecodedCommand decoded = decode(bytes, index);
  if (decoded.fault != ProgramFault::kNone) return fault(decoded.fault, index);
  count_fetch(profile_.layer(decoded.command.header.layer).events);
  const bool end = std::holds_alternative<End>(decoded.command.body);
  if (end != (index + 1 == commands_))
    return fault(ProgramFault::kBadField, index);  // End is the last, only the last
  fetched_.push({decoded.command, index});
}

void Controller::end_program() {
  accounts_.close(edge());
  tell_activities(true);
  state_ = State::kIdle;
  registers_.finish();
  update_irq();
}

void Controller::fault(ProgramFault cause, std::uint32_t index) {
  if (state_ == State::kStopping)
    return;  // the first counts, unless the watchdog stops the program before it is told
  state_ = State::kStopping;
  acted_ = true;
  fault_ = cause;
  fault_index_ = index;
}

void Controller::finish_if_stopped() {
  fetched_.clear();
  for (EngineState& engine : engines_) engine.queue.clear();
  for (std::size_t e = 0; e < kEngines; ++e)
    activities_[e] = engines_[e].occupied ? Activity::kBusy : Activity::kNoCommand;
  const bool nothing_fetched = requested_ == received_ && header_requested_ == header_received_;
  if (!nothing_fetched || !engines_are_empty()) return;
  accounts_.close(edge());
  tell_activities(true);
  state_ = State::kIdle;
  report_fault();
  registers_.stop();
}

void Controller::report_fault() {
  if (fault_ == ProgramFault::kNone || fault_reported_) return;
  fault_reported_ = true;
  if (fault_ == ProgramFault::kMemoryError) fault_reason_ = memory->errors();
  registers_.fail(fault_, fault_index_);
  update_irq();
}

void Controller::tell_activities(bool all) {
  if (observer_ == nullptr) return;
  for (std::size_t e = 0; e < kEngines; ++e) {
    EngineState& engine = engines_[e];
    if (!all && activities_[e] == engine.told) continue;
    if (static_cast<Engine>(e) == Engine::kCompute) compute_meter->tell();
    if (engine.told_from < edge())
      observer_->engine_did(static_cast<Engine>(e), engine.told, engine.told_from, edge());
    engine.told = activities_[e];
    engine.told_from = edge();
  }
  if (all) observer_->program_ended(edge());
}

Activity Controller::compute_activity() const {
  const Activity activity = activities_[enum_index(Engine::kCompute)];
  return activity == Activity::kBusy ? compute_meter->at(edge()) : activity;
}

bool Controller::engines_are_empty() const {
  return std::all_of(engines_.begin(), engines_.end(),
                     [](const EngineState& engine) { return engine.in_flight.empty() && !engine.occupied; });
}

bool Controller::queues_are_empty() const {
  return std::all_of(engines_.begin(), engines_.end(),
                     [](const EngineState& engine) { return engine.queue.empty(); });
}

void Controller::update_irq() {
  irq_line_.drive(registers_.irq(*csr.operator->()));
}

void Controller::describe(SignalList& signals) const {
  const auto count_bits = [](std::size_t most) { return index_bits(most + 1); };
  std::vector<std::string> names;
  names.reserve(kActivities);
  for (int a = 0; a < kActivities; ++a) names.emplace_back(to_string(static_cast<Activity>(a)));
  signals.add(*this, "state", state_, {"idle", "header", "running", "stopping"});
  signals.add(*this, "requested", requested_);
  signals.add(*this, "received", received_);
  signals.add(*this, "commands_done", commands_done_);
  signals.add(*this, "fetched", fetched_.count(), count_bits(AcceleratorConfig::kPrefetch));
  for (std::size_t e = 0; e < kEngines; ++e) {
    const std::string prefix = fmt::format("{}.", to_string(static_cast<Engine>(e)));
    signals.add(*this, prefix + "queued", engines_[e].queue.count(),
                count_bits(AcceleratorConfig::kMaxQueueDepth));
    signals.add(*this, prefix + "in_flight", engines_[e].in_flight.count(),
                count_bits(AcceleratorConfig::kMaxInFlight));
    signals.add(*this, prefix + "occupied", engines_[e].occupied);
    signals.add(*this, prefix + "activity", activities_[e], names);
  }
  signals.add(*this, "irq", irq_line_.level());
}

}  // namespace bitbalance::rtl
