// Runs a program: checks its header, fetches commands, hands them to the engines in the order of their queues
// and dependence flags, and keeps registers, interrupt and the cycle accounts. Above all other units.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/isa/account/execution_observer.h"
#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/isa/registers.h"
#include "hw/port/control_registers.h"
#include "hw/port/csr_port.h"
#include "hw/port/interrupt_line.h"
#include "hw/rtl/buffer/command_stamp.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel/channel_port.h"
#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/completion.h"
#include "hw/rtl/compute/activity_meter.h"
#include "hw/rtl/cycle_accounts.h"
#include "hw/rtl/dma/memory_port.h"
#include "hw/rtl/record_queue.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

class Controller : public Clocked {
 public:
  struct EnginePorts {
    explicit EnginePorts(Engine engine);
    PushPort<IssuedCommand> commands;
    PopPort<Completion> completions;
  };

  sc_core::sc_port<CsrPort> csr{"csr"};
  sc_core::sc_out<bool> irq{"irq"};
  PushPort<MemoryRequest> requests{"requests"};  ///< the memory port's command channel
  PopPort<MemoryResponse> responses{"responses"};
  std::array<EnginePorts, kEngines> ports{{EnginePorts(Engine::kLoad), EnginePorts(Engine::kCompute),
                                           EnginePorts(Engine::kVector), EnginePorts(Engine::kStore)}};
  /// The last slot of a compute command has been performed; or, with a fault, it was refused and has no
  /// completion.
  PopPort<Completion> acceptances{"acceptances"};
  sc_core::sc_port<ActivityMeter> compute_meter{"compute_meter"};  ///< slots, bubbles and drain waits
  sc_core::sc_port<MemoryPort> memory{"memory"};                   ///< asked for signs of progress and errors

  /// `watchdog_cycles`: without a completion, a memory answer or a slot, while a program runs, until it is
  /// stopped.
  Controller(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile,
             std::int64_t watchdog_cycles);

  /// As of the last edge; for the csr port.
  RegisterFile registers() const;
  /// A write waits at the csr port.
  void register_written();
  /// Why the last program was stopped, where registers cannot say: which burst the memory answered how, or
  /// who waits for whom. Else empty.
  const std::string& fault_reason() const { return fault_reason_; }
  void describe(SignalList& signals) const override;
  /// Told about programs, commands and engines; nullptr: nobody.
  void set_observer(ExecutionObserver* observer) { observer_ = observer; }
  /// What the compute engine does in the cycle that began at the last edge, its causes of waiting told apart.
  Activity compute_activity() const;
  /// No program runs.
  bool idle() const { return state_ == State::kIdle; }

 private:
  enum class State : std::uint8_t {
    kIdle,
    kHeader,  ///< the header is on its way
    kRunning,
    kStopping,  ///< after a fault or soft reset: waits for what engines and memory have under way
  };

  struct EngineState {
    explicit EngineState(std::size_t queue_depth)
        : queue(queue_depth), in_flight(AcceleratorConfig::kMaxInFlight) {}
    RecordQueue queue;
    RecordQueue in_flight;                        ///< issued, not completed
    bool occupied = false;                        ///< takes no command: not completed, compute: not accepted
    std::array<std::uint32_t, kEngines> flags{};  ///< given by each engine, not yet consumed
    Activity told = Activity::kNoCommand;         ///< to the observer when it ends
    Edge told_from = 0;

    /// The first engine whose flag the command waits for.
    std::optional<Engine> missing(const Command& command) const {
      return first_missing(command.header.wait, [&](Engine from) { return flags[enum_index(from)] > 0; });
    }
  };

  void on_clock() override;
  void reset() override;
  bool is_blocked() const;
  void apply_register_writes();
  void start();
  /// Counts, faults and flags are as before any program.
  void forget_program();
  bool can_fetch() const;
  // The steps of a clock edge, in their order.
  void complete();
  void issue();
  void dispatch();
  void fetch();
  void watch();
  Edge watchdog_edge() const;
  void finish_if_stopped();

  void complete(Engine engine);
  void accept_compute();
  void issue(Engine engine);
  void receive_header(const MemoryResponse& response);
  void receive_command(const MemoryResponse& response);
  void fault(ProgramFault cause, std::uint32_t index);
  void report_fault();
  void end_program();
  /// Tells the observer which engines have come to do something else; `all`: what each of them did.
  void tell_activities(bool all);
  bool engines_are_empty() const;
  bool queues_are_empty() const;
  void update_irq();
  std::string what_waits() const;
  /// Lowest index of a command that has not completed, of those that were fetched.
  std::uint32_t oldest_command() const;

  const AcceleratorConfig config_;
  const std::int64_t watchdog_cycles_;
  Profile& profile_;

  ControlRegisters registers_;
  State state_ = State::kIdle;
  ProgramFault fault_ = ProgramFault::kNone;  ///< kStopping: what to report
  std::uint32_t fault_index_ = 0;
  bool fault_reported_ = false;
  std::string fault_reason_;
  InterruptLine irq_line_{irq};

  // Fetch.
  std::uint32_t commands_ = 0;   ///< of the program
  std::uint32_t requested_ = 0;  ///< records, without the header
  std::uint32_t received_ = 0;
  bool header_requested_ = false;
  bool header_received_ = false;
  RecordQueue fetched_{AcceleratorConfig::kPrefetch};

  std::vector<EngineState> engines_;
  CommandStamps stamps_;

  std::uint32_t commands_done_ = 0;
  CycleAccounts accounts_;
  CycleAccounts::Activities activities_{};  ///< of the cycle that begins at this edge

  ExecutionObserver* observer_ = nullptr;

  std::int64_t progress_ = 0;  ///< last edge at which a command was done
  bool acted_ = false;         ///< at this edge
};

}  // namespace bitbalance::rtl
