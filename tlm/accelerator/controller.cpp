#include "tlm/accelerator/controller.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/enum_index.h"
#include "hw/isa/command/command_check.h"
#include "hw/port/standstill.h"
#include "hw/timeline/command_events.h"
#include "hw/timeline/vector_duration.h"

namespace bitbalance::tlm_level {

Controller::Controller(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                       const EdgeClock& clock, RegionMap& regions, CsrPort& csr, DramInterface& dram,
                       Profile& profile, std::int64_t watchdog_cycles)
    : sc_module(name),
      config_(config),
      watchdog_cycles_(watchdog_cycles),
      clock_(clock),
      regions_(regions),
      csr_(csr),
      dram_(dram),
      profile_(profile),
      registers_(config),
      schedule_(config, *this, profile),
      compute_(config) {
  SC_HAS_PROCESS(Controller);
  SC_METHOD(on_edge);
  sensitive << edge_event_;
  dont_initialize();
}

RegisterFile Controller::registers() const {
  ControlRegisters::Counters counters;
  counters.commands_done = schedule_.commands_done();
  counters.cycles = running_ ? clock_.last() - begin_ + 1 : schedule_.cycles();
  for (int e = 0; e < kEngines; ++e)
    counters.busy[e] = schedule_.busy_cycles(static_cast<Engine>(e), clock_.last() + 1);
  return registers_.view(counters);
}

Edge Controller::next_write() const {
  return csr_.pending() ? clock_.after(csr_.next_write_time().value()) : kNever;
}

void Controller::register_written() {
  update_irq();
  plan();
}

void Controller::plan() {
  if (at_edge_) return;  // which ends with a plan
  Edge next = next_write();
  if (running_) next = std::min({next, schedule_.next_edge(), watch_edge_});
  if (next == planned_) return;
  planned_ = next;
  edge_event_.cancel();
  if (next != kNever) edge_event_.notify(clock_.until(next));
}

void Controller::on_edge() {
  const Edge now = planned_;
  at_edge_ = true;
  if (next_write() <= now) apply_register_writes();
  if (running_ && (now == begin_ || schedule_.next_edge() <= now)) {
    const std::uint32_t done = schedule_.commands_done();
    schedule_.step(now);
    if (schedule_.commands_done() != done) progress_ = now;
    count_fetches(now);
  }
  if (running_ && schedule_.done()) end_program();
  if (running_ && watch_edge_ <= now) watch(now);
  at_edge_ = false;
  planned_ = kNever;
  plan();
}

void Controller::apply_register_writes() {
  switch (registers_.apply(csr_)) {
    case ControlRegisters::Request::kSoftReset:
      reset_ = running_;
      if (running_) schedule_.stop({});
      break;
    case ControlRegisters::Request::kStart:
      start_program(planned_);
      break;
    case ControlRegisters::Request::kNone:
      break;
  }
  update_irq();
}

void Controller::start_program(Edge edge) {
  regions_ = registers_.regions();
  reset_ = reported_ = false;
  fault_reason_.clear();
  dram_.forget_errors();
  begin_ = edge;
  progress_ = edge - 1;
  last_slot_ = edge - 2;
  watch_edge_ = watchdog_cycles_ > 0 ? edge_after(progress_, watchdog_cycles_) : kNever;
  fetched_commands_.clear();
  uncounted_fetches_.clear();
  records_ = requested_ = received_ = 0;
  running_ = true;
  compute_.restart();
  schedule_.start(edge);
  if (const ProgramFault wrong = registers_.region_fault(); wrong != ProgramFault::kNone)
    schedule_.stop({wrong, 0});
}

void Controller::end_program() {
  running_ = false;
  const Failure& failure = schedule_.failure();
  if (!reset_ && failure.cause == ProgramFault::kNone) {
    registers_.finish();
    update_irq();
    return;
  }
  if (!reset_ && !reported_) report_failure(failure);
  registers_.stop();
}

void Controller::report_failure(const Failure& failure) {
  reported_ = true;
  if (failure.cause == ProgramFault::kMemoryError) fault_reason_ = dram_.port().errors();
  registers_.fail(failure.cause, failure.command);
  update_irq();
}

void Controller::update_irq() {
  irq_line_.drive(registers_.irq(csr_));
}

void Controller::fetch(Edge edge) {
  dram_.fetch(regions_.address(Region::kConstants, std::uint64_t{requested_++} * kCommandBytes), edge);
}

void Controller::fetched(bool error, const CommandBytes& bytes, Edge popped) {
  if (received_++ == 0) {
    uncounted_fetches_.push_back({popped, nullptr});
    const ProgramFault fault = receive_header(error, bytes);
    schedule_.header(popped, records_, {fault, 0});
    plan();
    return;
  }
  const std::uint32_t index = received_ - 2;
  const DecodedCommand decoded = decode(bytes, index);
  ProgramFault fault = error ? ProgramFault::kMemoryError : decoded.fault;
  const bool is_end = std::holds_alternative<End>(decoded.command.body);
  fetched_commands_.emplace_back(decoded.command, index);
  if (fault == ProgramFault::kNone) {
    uncounted_fetches_.push_back({popped, &fetched_commands_.back()});
    if (is_end != (index + 1 == records_)) fault = ProgramFault::kBadField;  // End is the last, only the last
  }
  schedule_.record(popped, fetched_commands_.back(), {fault, index});
  plan();
}

/// A program that has been stopped takes no notice of records any more, but for the one that stopped it.
void Controller::count_fetches(Edge now) {
  const Failure& failure = schedule_.failure();
  const bool stopped = reset_ || schedule_.stopping() || failure.cause != ProgramFault::kNone;
  for (; !uncounted_fetches_.empty() && uncounted_fetches_.front().popped <= now;
       uncounted_fetches_.pop_front()) {
    const Record* const record = uncounted_fetches_.front().record;
    if (record == nullptr) {  // the header
      if (!reset_ && failure.cause != ProgramFault::kTimeout) count_fetch(profile_.layer(0).events);
    } else if (!stopped ||
               (!reset_ && failure.cause != ProgramFault::kTimeout && failure.command == record->index)) {
      count_fetch(profile_.layer(record->header.layer).events);
    }
  }
}

ProgramFault Controller::receive_header(bool error, const CommandBytes& bytes) {
  if (error) return ProgramFault::kMemoryError;
  const ControlRegisters::Header header = registers_.check_header(bytes);
  records_ = header.commands;
  return header.fault;
}

void Controller::completed(Engine engine, ProgramFault fault, Edge pushed) {
  schedule_.completed(engine, pushed, {fault, started_[enum_index(engine)]});
  plan();
}

/// An engine reports what it does not perform at the edge after it has popped the command.
void Controller::refuse(Engine engine, const Failure& failure, Edge popped) {
  if (engine == Engine::kCompute) {
    schedule_.accepted(popped + 1, failure);
  } else {
    schedule_.completed(engine, popped + 1, failure);
  }
}

void Controller::start(Engine engine, const Command& command, Edge edge) {
  const Edge popped = edge + 1;
  started_[enum_index(engine)] = index_of(command);
  if (const ProgramFault fault = check(command, config_, regions_); fault != ProgramFault::kNone)
    return refuse(engine, {fault, index_of(command)}, popped);
  CommandBlock block{&command, popped, &steps_};
  switch (engine) {
    case Engine::kLoad:
      return loads->take(block);
    case Engine::kCompute:
      return compute(command, popped);
    case Engine::kVector:
      vectors->take(block);
      return std::visit(
          [&](const auto& body) {
            using Body = std::decay_t<decltype(body)>;
            if constexpr (std::is_same_v<Body, Pool> || std::is_same_v<Body, Add> ||
                          std::is_same_v<Body, Lookup>) {
              count_events(body, config_, profile_.layer(command.header.layer).events);
              schedule_.completed(engine, popped + vector_duration(body, config_));
            }
          },
          command.body);
    case Engine::kStore:
      return stores->take(block);
  }
}

void Controller::compute(const Command& command, Edge popped) {
  const auto& body = std::get<Compute>(command.body);
  CommandBlock block{&command, popped, &steps_};
  computes->take(block);
  const ComputeTimeline::Outcome outcome = compute_.perform(body, steps_.data(), popped);
  count_events(body, compute_.tiles_of(body), steps_.data(), config_,
               profile_.layer(command.header.layer).events);
  if (observer_ != nullptr) array_trace_.tell(compute_.work(), command.header.layer, *observer_);
  last_slot_ = outcome.accepted - 1;
  schedule_.accepted(outcome.accepted);
  schedule_.completed(Engine::kCompute, outcome.completed);
}

void Controller::watch(Edge now) {
  watch_edge_ = edge_after(last_progress(now), watchdog_cycles_);
  if (watch_edge_ > now) return;
  watch_edge_ = kNever;
  fault_reason_ = what_waits();
  SC_REPORT_WARNING(name(),
                    fmt::format("no progress for {} cycles: {}", watchdog_cycles_, fault_reason_).c_str());
  Failure failure{ProgramFault::kTimeout, schedule_.records_received()};
  for (const CommandSchedule::Unfinished& unfinished : schedule_.unfinished())
    failure.command = std::min(failure.command, index_of(*unfinished.command));
  if (const Command* const next = schedule_.next_to_dispatch())
    failure.command = std::min(failure.command, index_of(*next));
  schedule_.stop_at(now + 1, failure);
  report_failure(failure);  // at once: what hangs may hang forever
}

/// A command done, a vector command under way, which waits for nobody, or what a unit registered before
/// `now`: an answer delivered, a slot performed.
Edge Controller::last_progress(Edge now) const {
  if (schedule_.performs_vector()) return now;
  return std::max({progress_, dram_.last_delivery(now - 1), std::min(now, last_slot_ + 1)});
}

std::string Controller::what_waits() const {
  Standstill standstill;
  for (const CommandSchedule::Unfinished& unfinished : schedule_.unfinished()) {
    const Command& command = *unfinished.command;
    if (unfinished.is_issued) {
      standstill.not_completed(command, index_of(command));
    } else {
      standstill.not_started(command, index_of(command), unfinished.missing);
    }
  }
  if (const Command* const next = schedule_.next_to_dispatch())
    standstill.not_dispatched(*next, index_of(*next));
  if (schedule_.awaits_fetch()) standstill.not_fetched();
  standstill.unanswered(dram_.port().pending());
  return standstill.text();
}

}  // namespace bitbalance::tlm_level
