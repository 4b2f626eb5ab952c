// A controller with its ports and an ideal memory, engines that only take time, and a driver for the
// registers.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/rtl/controller.h"
#include "tests/hw/rtl/csr_driver.h"
#include "tests/hw/rtl/engine_bench.h"
#include "tests/support/names.h"
#include "tlm/memory/ideal_memory.h"

namespace bitbalance::rtl::test {

/// Completes every command `duration` edges after it was popped; compute accepts then and completes `drain`
/// later.
class FakeEngine : public Clocked {
 public:
  std::int64_t duration = 10;
  std::int64_t drain = 7;
  std::deque<ProgramFault> faults;      ///< of the next commands; then kNone
  std::vector<std::int64_t> popped_at;  ///< edges
  std::vector<std::uint16_t> layers;    ///< of the commands popped

  PopPort<IssuedCommand> commands{"commands"};
  PushPort<Completion> completions{"completions"};

  FakeEngine(const sc_core::sc_module_name& name, Channel<Completion>* acceptances, ActivityMeter* meter)
      : Clocked(name), acceptances_(acceptances), meter_(meter) {}

  void describe(SignalList& /*signals*/) const override {}

 private:
  void reset() override {}
  void on_clock() override {
    if (!completing_.empty() && completing_.front().second <= edge() && completions.can_push()) {
      completions.push(completing_.front().first);
      completing_.pop_front();
    }
    if (busy_ && meter_ != nullptr) meter_->count(Activity::kBusy, edge());
    if (busy_ && edge() >= popped_at.back() + duration &&
        (acceptances_ == nullptr || acceptances_->can_push())) {
      busy_ = false;
      if (acceptances_ != nullptr) acceptances_->push(acceptance_);
      if (acceptances_ == nullptr || acceptance_.fault == ProgramFault::kNone) {
        completing_.emplace_back(completion_, edge() + (acceptances_ == nullptr ? 1 : drain));
      }
    }
    if (busy_ || !commands.can_pop()) return;
    const CommandHeader& header = commands.front().header;
    completion_ = {ProgramFault::kNone, header.layer, header.layer_end};
    if (!faults.empty()) {
      completion_.fault = faults.front();
      faults.pop_front();
    }
    acceptance_ = completion_;
    popped_at.push_back(edge());
    layers.push_back(header.layer);
    busy_ = true;
    commands.pop();
  }

  Channel<Completion>* const acceptances_;
  ActivityMeter* const meter_;
  bool busy_ = false;
  Completion completion_, acceptance_;
  std::deque<std::pair<Completion, std::int64_t>> completing_;  ///< and the edge from which on
};

class ControllerBench : public Bench {
 public:
  static constexpr std::uint64_t kConstantsBase = 0x1000, kDataBase = 0x8000;
  static constexpr std::uint32_t kConstantsBytes = 0x4000, kDataBytes = 0x1000;

  AcceleratorConfig config;
  Profile profile;

  explicit ControllerBench(const AcceleratorConfig& accelerator = {}, std::int64_t watchdog = 100000)
      : config(accelerator) {
    port_ = std::make_unique<MemoryPort>("memory_port", config.dram);
    for (std::size_t lane = 0; lane < requests_.size(); ++lane) {
      port_->lanes[lane].requests(*requests_[lane]);
      port_->lanes[lane].responses(*responses_[lane]);
    }
    csr_ = std::make_unique<CsrPort>(
        "csr_port", [this] { return controller->registers(); }, [this] { controller->register_written(); });
    controller = std::make_unique<Controller>("controller", config, profile, watchdog);
    controller->csr(*csr_);
    controller->requests(*requests_[0]);
    controller->responses(*responses_[0]);
    controller->acceptances(acceptances);
    controller->compute_meter(meter_);
    controller->memory(*port_);
    for (int e = 0; e < kEngines; ++e) {
      const bool compute = e == static_cast<int>(Engine::kCompute);
      engines.push_back(std::make_unique<FakeEngine>(("engine" + std::to_string(e)).c_str(),
                                                     compute ? &acceptances : nullptr,
                                                     compute ? &meter_ : nullptr));
      attach(*engines.back());
      const auto at = static_cast<std::size_t>(e);
      engines.back()->commands(*commands_[at]);
      engines.back()->completions(*completions_[at]);
      controller->ports[at].commands(*commands_[at]);
      controller->ports[at].completions(*completions_[at]);
    }
    IdealMemoryConfig memory_config;
    memory_config.bytes = 1 << 16;
    memory = std::make_unique<IdealMemory>("memory", memory_config);
    port_->socket.bind(memory->socket);
    attach(*port_);
    attach(*controller);
    controller->irq(irq);
    driver.socket.bind(csr_->socket);
    sc_core::sc_start(
        sc_core::sc_time(0.5, sc_core::SC_NS));  // all register accesses: half way between edges
  }

  std::unique_ptr<Controller> controller;
  std::vector<std::unique_ptr<FakeEngine>> engines;
  std::unique_ptr<IdealMemory> memory;
  sc_core::sc_signal<bool> irq{"irq"};
  CsrDriver driver{"driver"};
  Channel<Completion> acceptances{"acceptances"};

  FakeEngine& engine(Engine e) { return *engines[enum_index(e)]; }
  Channel<IssuedCommand>& commands(Engine e) { return *commands_[enum_index(e)]; }
  Channel<Completion>& completions(Engine e) { return *completions_[enum_index(e)]; }

  std::uint32_t read(Register r) { return driver.read(r); }
  void write(Register r, std::uint32_t value) { driver.write(r, value); }

  ProgramHeader header(std::size_t commands) const {
    return {config_hash(config), static_cast<std::uint32_t>(commands), kConstantsBytes, kDataBytes};
  }
  void put(std::size_t record, const CommandBytes& bytes) {
    std::copy(bytes.begin(), bytes.end(),
              memory->data().begin() + static_cast<std::ptrdiff_t>(kConstantsBase + record * kCommandBytes));
  }
  void load(const std::vector<Command>& program) {
    put(0, encode(header(program.size())));
    for (std::size_t i = 0; i < program.size(); ++i)
      put(i + 1, encode(program[i], static_cast<std::uint32_t>(i)));
  }
  void configure() {
    write(Register::kConstantsBaseLo, kConstantsBase);
    write(Register::kConstantsBytes, kConstantsBytes);
    write(Register::kDataBaseLo, kDataBase);
    write(Register::kDataBytes, kDataBytes);
    write(Register::kIrqEnable, kIrqDone | kIrqError);
  }
  /// Returns the edge at which the start is captured.
  std::int64_t start() {
    configure();
    write(Register::kControl, kControlStart);
    return edge() + 1;
  }
  bool run() {
    start();
    return run_until([this] { return (read(Register::kStatus) & kStatusIdle) != 0; });
  }

 private:
  template <class T>
  static std::vector<std::unique_ptr<Channel<T>>> channels(const std::string& name, int count) {
    std::vector<std::unique_ptr<Channel<T>>> result;
    result.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
      result.push_back(std::make_unique<Channel<T>>((name + std::to_string(i)).c_str()));
    return result;
  }

  std::vector<std::unique_ptr<Channel<MemoryRequest>>> requests_ = channels<MemoryRequest>("request", 3);
  std::vector<std::unique_ptr<Channel<MemoryResponse>>> responses_ = channels<MemoryResponse>("response", 3);
  std::vector<std::unique_ptr<Channel<IssuedCommand>>> commands_ =
      channels<IssuedCommand>("command", kEngines);
  std::vector<std::unique_ptr<Channel<Completion>>> completions_ =
      channels<Completion>("completion", kEngines);
  ActivityMeter meter_;
  std::unique_ptr<MemoryPort> port_;
  std::unique_ptr<CsrPort> csr_;
};

/// Commands whose bodies do not matter: the engines only take time.
inline Command command(Engine engine, EngineMask wait = 0, EngineMask signal = 0, std::uint16_t layer = 0,
                       bool layer_end = false) {
  Command result;
  result.header = {wait, signal, layer, layer_end};
  switch (engine) {
    case Engine::kLoad:
      result.body = LoadParameters{};
      break;
    case Engine::kCompute:
      result.body = Compute{};
      break;
    case Engine::kVector:
      result.body = Add{};
      break;
    case Engine::kStore:
      result.body = Store{};
      break;
  }
  return result;
}
inline Command end(std::uint16_t layer = 0) {
  return {{0, 0, layer, false}, End{}};
}
inline Command barrier(std::uint16_t layer = 0) {
  return {{0, 0, layer, false}, Barrier{}};
}

}  // namespace bitbalance::rtl::test
