#include "hw/rtl/controller.h"

#include <fmt/format.h>

#include <algorithm>

namespace bitbalance::rtl {
namespace {

constexpr Activity kWaitFor[] = {Activity::kWaitLoad, Activity::kWaitCompute, Activity::kWaitVector,
                                 Activity::kWaitStore};
/// What the compute engine's meter tells apart; the other cycles between issue and acceptance are kFill.
constexpr Activity kMetered[] = {Activity::kBusy, Activity::kBankConflict, Activity::kDrainWait,
                                 Activity::kStalled};

constexpr std::size_t at(Engine engine) {
  return static_cast<std::size_t>(engine);
}
constexpr std::size_t at(Activity activity) {
  return static_cast<std::size_t>(activity);
}

}  // namespace

Controller::Controller(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                       const Ports& ports, const ActivityMeter& compute_meter, MemoryPort& memory,
                       Profile& profile, std::int64_t watchdog_cycles)
    : sc_module(name),
      clk("clk"),
      irq("irq"),
      config_(config),
      config_hash_(config_hash(config)),
      watchdog_cycles_(watchdog_cycles),
      ports_(ports),
      compute_meter_(compute_meter),
      memory_(memory),
      profile_(profile),
      engines_(kEngines, EngineState(static_cast<std::size_t>(config.queue_depth))) {
  SC_HAS_PROCESS(Controller);
  SC_METHOD(on_clock);
  sensitive << clk.pos();
  dont_initialize();
  registers_.set(Register::kConfigHash, config_hash_);
}

RegisterFile Controller::registers() const {
  RegisterFile file = registers_;
  const auto low = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  file.set(Register::kCommandsDone, commands_done_);
  file.set(Register::kCyclesLo, low(cycles_));
  file.set(Register::kCyclesHi, low(cycles_ >> 32));
  for (std::size_t e = 0; e < kEngines; ++e) {
    std::int64_t busy = busy_[e] + layer_activity_[e][at(Activity::kBusy)];
    if (e == at(Engine::kCompute)) {
      busy = busy_[e] + compute_meter_.before_now(Activity::kBusy) - metered_[at(Activity::kBusy)];
    }
    file.set(static_cast<Register>(static_cast<std::size_t>(Register::kBusyLoad) + e), low(busy));
  }
  return file;
}

void Controller::on_clock() {
  if (ports_.csr.pending()) apply_register_writes();
  if (state_ == State::kIdle) return;
  complete();
  if (state_ == State::kRunning) issue();
  if (state_ == State::kRunning) dispatch();
  if (state_ != State::kIdle) fetch();
  if (state_ == State::kStopping) finish_if_stopped();
  if (state_ == State::kIdle) return;
  sample();
  watch();
}

void Controller::apply_register_writes() {
  ports_.csr.apply_due_writes(registers_);
  const std::uint32_t control = registers_.take(Register::kControl);
  if ((control & kControlSoftReset) != 0) {
    registers_.set(Register::kError, 0);
    registers_.set(Register::kIrqStatus, 0);
    registers_.set(Register::kStatus, state_ == State::kIdle ? kStatusIdle : kStatusBusy);
    fault_ = ProgramFault::kNone;
    if (state_ != State::kIdle) state_ = State::kStopping;
  } else if ((control & kControlStart) != 0 && state_ == State::kIdle) {
    start();
  }
  update_irq();
}

void Controller::start() {
  const auto region = [this](Region r, Register lo, Register hi, Register bytes) {
    regions_.base[static_cast<int>(r)] = registers_.get_pair(lo, hi);
    regions_.bytes[static_cast<int>(r)] = registers_.get(bytes);
  };
  region(Region::kConstants, Register::kConstantsBaseLo, Register::kConstantsBaseHi,
         Register::kConstantsBytes);
  region(Region::kData, Register::kDataBaseLo, Register::kDataBaseHi, Register::kDataBytes);
  registers_.set(Register::kStatus, kStatusBusy);
  registers_.set(Register::kError, 0);
  state_ = State::kHeader;
  fault_ = ProgramFault::kNone;
  fault_reported_ = false;
  fault_reason_.clear();
  memory_.forget_errors();
  commands_ = requested_ = received_ = 0;
  header_requested_ = header_received_ = false;
  commands_done_ = 0;
  cycles_ = layer_cycles_ = 0;
  last_layer_ = 0;
  layer_activity_ = {};
  busy_ = {};
  for (const Activity activity : kMetered) metered_[at(activity)] = compute_meter_.before_now(activity);
  quiet_cycles_ = 0;
  for (EngineState& engine : engines_) {
    engine.flags = {};
    engine.activity = Activity::kNoCommand;
  }
  if (!regions_.contains(Region::kConstants, 0, kCommandBytes)) fault(ProgramFault::kBadField, 0);
}

void Controller::complete() {
  if (ports_.acceptances.can_pop()) accept_compute();
  for (int e = 0; e < kEngines; ++e) {
    if (ports_.engines[static_cast<std::size_t>(e)].completions.can_pop()) complete(static_cast<Engine>(e));
  }
}

void Controller::accept_compute() {
  EngineState& compute = engines_[at(Engine::kCompute)];
  const ProgramFault refusal = ports_.acceptances.front().fault;
  ports_.acceptances.pop();
  compute.occupied = false;
  if (refusal == ProgramFault::kNone) return;
  fault(refusal, compute.in_flight.back().index);
  compute.in_flight.pop_back();
}

void Controller::complete(Engine engine) {
  Channel<Completion>& channel = ports_.engines[at(engine)].completions;
  const Completion completion = channel.front();
  channel.pop();
  EngineState& state = engines_[at(engine)];
  sc_assert(!state.in_flight.empty());
  const Record& record = state.in_flight.front();
  if (completion.fault != ProgramFault::kNone) {
    fault(completion.fault, record.index);
  } else {
    for (int to = 0; to < kEngines; ++to) {
      const Engine receiver = static_cast<Engine>(to);
      if ((record.command.header.signal & engine_bit(receiver)) != 0)
        ++engines_[at(receiver)].flags[at(engine)];
    }
    ++commands_done_;
    if (completion.layer_end) close_layer(completion.layer);
  }
  state.in_flight.pop();
  if (engine != Engine::kCompute) state.occupied = false;
}

void Controller::issue() {
  for (int e = 0; e < kEngines; ++e) issue(static_cast<Engine>(e));
}

void Controller::issue(Engine engine) {
  EngineState& state = engines_[at(engine)];
  if (state.occupied) {
    state.activity = Activity::kBusy;
    return;
  }
  if (state.queue.empty()) {
    state.activity = Activity::kNoCommand;
    return;
  }
  const Record& record = state.queue.front();
  const int missing = first_missing(state, record.command);
  if (missing < kEngines) {
    state.activity = kWaitFor[missing];
    return;
  }
  if (!ports_.engines[at(engine)].commands.can_push() || state.in_flight.full()) {
    state.activity = Activity::kStalled;
    return;
  }
  for (std::size_t from = 0; from < kEngines; ++from) {
    if ((record.command.header.wait & engine_bit(static_cast<Engine>(from))) != 0) --state.flags[from];
  }
  ports_.engines[at(engine)].commands.push(record.command);
  state.in_flight.push(record);
  state.queue.pop();
  state.occupied = true;
  state.activity = Activity::kBusy;
}

int Controller::first_missing(const EngineState& engine, const Command& command) const {
  const EngineMask wait = command.header.wait;
  int from = 0;
  while (from < kEngines && ((wait & engine_bit(static_cast<Engine>(from))) == 0 ||
                             engine.flags[static_cast<std::size_t>(from)] > 0)) {
    ++from;
  }
  return from;
}

void Controller::dispatch() {
  if (fetched_.empty()) return;
  const Record& record = fetched_.front();
  if (has_engine(record.command)) {
    RecordQueue& queue = engines_[at(engine_of(record.command))].queue;
    if (queue.full()) return;
    queue.push(record);
    fetched_.pop();
    return;
  }
  if (!queues_are_empty() || !engines_are_empty()) return;
  const bool end = std::holds_alternative<End>(record.command.body);
  fetched_.pop();
  ++commands_done_;
  if (end) end_program();
}

void Controller::fetch() {
  if (ports_.responses.can_pop()) {
    if (header_received_) {
      receive_command(ports_.responses.front());
    } else {
      receive_header(ports_.responses.front());
    }
    ports_.responses.pop();
  }
  if (!ports_.requests.can_push()) return;
  std::uint64_t record = 0;
  if (state_ == State::kHeader && !header_requested_) {
    header_requested_ = true;
  } else if (state_ == State::kRunning && requested_ < commands_ &&
             requested_ - received_ + fetched_.count() < AcceleratorConfig::kPrefetch) {
    record = ++requested_;
  } else {
    return;
  }
  request_.address = regions_.address(Region::kConstants, record * kCommandBytes);
  request_.bytes = kCommandBytes;
  ports_.requests.push(request_);
}

void Controller::receive_header(const MemoryResponse& response) {
  header_received_ = true;
  if (state_ != State::kHeader) return;
  CommandBytes bytes{};
  std::copy_n(response.data.begin(), bytes.size(), bytes.begin());
  profile_.count(0, Event::kDramReadCommand, kCommandBytes);
  profile_.count(0, Event::kDramReadBurst);
  if (response.error) return fault(ProgramFault::kMemoryError, 0);
  const DecodedHeader decoded = decode_header(bytes, config_hash_);
  if (decoded.fault != ProgramFault::kNone) return fault(decoded.fault, 0);
  const ProgramHeader& header = decoded.header;
  const bool fits = header.constants_bytes <= regions_.bytes[static_cast<int>(Region::kConstants)] &&
                    header.data_bytes <= regions_.bytes[static_cast<int>(Region::kData)];
  const bool has_commands =
      header.commands > 0 && (std::uint64_t{header.commands} + 1) * kCommandBytes <= header.constants_bytes;
  if (!fits || !has_commands) return fault(ProgramFault::kBadField, 0);
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
  profile_.count(decoded.command.header.layer, Event::kDramReadCommand, kCommandBytes);
  profile_.count(decoded.command.header.layer, Event::kDramReadBurst);
  const bool end = std::holds_alternative<End>(decoded.command.body);
  if (end != (index + 1 == commands_))
    return fault(ProgramFault::kBadField, index);  // End is the last, only the last
  fetched_.push({decoded.command, index});
}

void Controller::end_program() {
  close_layer(last_layer_);
  state_ = State::kIdle;
  registers_.set(Register::kStatus, kStatusIdle | kStatusDone);
  registers_.set_bits(Register::kIrqStatus, kIrqDone);
  update_irq();
}

void Controller::fault(ProgramFault cause, std::uint32_t index) {
  if (state_ == State::kStopping) return;  // the first one counts
  state_ = State::kStopping;
  fault_ = cause;
  fault_index_ = index;
}

void Controller::finish_if_stopped() {
  fetched_.clear();
  for (EngineState& engine : engines_) {
    engine.queue.clear();
    engine.activity = engine.occupied ? Activity::kBusy : Activity::kNoCommand;
  }
  const bool nothing_fetched = requested_ == received_ && header_requested_ == header_received_;
  if (!nothing_fetched || !engines_are_empty()) return;
  close_layer(last_layer_);
  state_ = State::kIdle;
  report_fault();
  registers_.set(Register::kStatus, (registers_.get(Register::kStatus) & ~kStatusBusy) | kStatusIdle);
}

void Controller::report_fault() {
  if (fault_ == ProgramFault::kNone || fault_reported_) return;
  fault_reported_ = true;
  if (fault_ == ProgramFault::kMemoryError) fault_reason_ = memory_.errors();
  registers_.set(Register::kStatus, kStatusError);
  registers_.set(Register::kError, static_cast<std::uint32_t>(fault_) | fault_index_ << 8);
  registers_.set_bits(Register::kIrqStatus, kIrqError);
  update_irq();
}

void Controller::close_layer(std::size_t layer) {
  LayerProfile& profile = profile_.layer(layer);
  ActivityCycles& compute = layer_activity_[at(Engine::kCompute)];
  std::int64_t unnamed = compute[at(Activity::kBusy)];
  compute[at(Activity::kBusy)] = 0;
  for (const Activity activity : kMetered) {
    const std::int64_t total = compute_meter_.before_now(activity);
    const std::int64_t cycles = total - metered_[at(activity)];
    metered_[at(activity)] = total;
    compute[at(activity)] += cycles;
    unnamed -= cycles;
  }
  compute[at(Activity::kFill)] += unnamed;
  for (std::size_t e = 0; e < kEngines; ++e) {
    for (std::size_t a = 0; a < kActivities; ++a) profile.activity[e][a] += layer_activity_[e][a];
    busy_[e] += layer_activity_[e][at(Activity::kBusy)];
  }
  profile.cycles += layer_cycles_;
  layer_activity_ = {};
  layer_cycles_ = 0;
  last_layer_ = layer;
}

void Controller::sample() {
  ++cycles_;
  ++layer_cycles_;
  for (std::size_t e = 0; e < kEngines; ++e) ++layer_activity_[e][at(engines_[e].activity)];
}

void Controller::watch() {
  const std::uint64_t progress = memory_.responses() + commands_done_ +
                                 static_cast<std::uint64_t>(compute_meter_.before_now(Activity::kBusy));
  if (progress != progress_) {
    progress_ = progress;
    quiet_cycles_ = 0;
  } else if (++quiet_cycles_ == watchdog_cycles_ && !fault_reported_) {
    fault_reason_ = what_waits();
    SC_REPORT_WARNING(name(),
                      fmt::format("no progress for {} cycles: {}", watchdog_cycles_, fault_reason_).c_str());
    state_ = State::kStopping;
    fault_ = ProgramFault::kTimeout;
    fault_index_ = oldest_command();
    report_fault();  // at once: what hangs may hang forever
  }
}

std::uint32_t Controller::oldest_command() const {
  std::uint32_t index = fetched_.empty() ? received_ : fetched_.front().index;
  for (const EngineState& engine : engines_) {
    if (!engine.queue.empty()) index = std::min(index, engine.queue.front().index);
    if (!engine.in_flight.empty()) index = std::min(index, engine.in_flight.front().index);
  }
  return index;
}

std::string Controller::what_waits() const {
  std::string text;
  const auto say = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  for (std::size_t e = 0; e < kEngines; ++e) {
    const EngineState& engine = engines_[e];
    if (!engine.in_flight.empty()) {
      const Record& record = engine.in_flight.front();
      say(fmt::format("{} has not completed command {} of layer {}", to_string(static_cast<Engine>(e)),
                      record.index, record.command.header.layer));
    }
    if (!engine.queue.empty()) {
      const Record& record = engine.queue.front();
      const int missing = first_missing(engine, record.command);
      say(fmt::format(
          "{} waits for {} to start command {} of layer {}", to_string(static_cast<Engine>(e)),
          missing < kEngines ? std::string("a flag of ") + to_string(static_cast<Engine>(missing)) : "itself",
          record.index, record.command.header.layer));
    }
  }
  if (!fetched_.empty()) {
    say(fmt::format("controller waits for {} to dispatch command {}",
                    has_engine(fetched_.front().command) ? "room in a queue" : "all engines",
                    fetched_.front().index));
  }
  if (requested_ != received_ || header_requested_ != header_received_)
    say("controller waits for a command read");
  const std::string memory = memory_.pending();
  if (!memory.empty()) say("memory has not answered: " + memory);
  return text.empty() ? "nothing is under way" : text;
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
  const bool level = (registers_.get(Register::kIrqStatus) & registers_.get(Register::kIrqEnable)) != 0;
  if (level != irq_level_) irq.write(irq_level_ = level);
}

void Controller::describe(SignalList& signals) const {
  signals.add("controller.state", reinterpret_cast<const std::uint8_t&>(state_), 2);
  signals.add("controller.requested", requested_);
  signals.add("controller.received", received_);
  signals.add("controller.commands_done", commands_done_);
  signals.add("controller.fetched", fetched_.count(), 4);
  for (std::size_t e = 0; e < kEngines; ++e) {
    const std::string prefix = fmt::format("controller.{}.", to_string(static_cast<Engine>(e)));
    signals.add(prefix + "queued", engines_[e].queue.count(), 7);
    signals.add(prefix + "in_flight", engines_[e].in_flight.count(), 5);
    signals.add(prefix + "occupied", engines_[e].occupied);
    signals.add(prefix + "activity", reinterpret_cast<const std::uint8_t&>(engines_[e].activity), 4);
  }
  signals.add("controller.irq", irq_level_);
}

}  // namespace bitbalance::rtl
