// Runs a program: fetches commands, hands them to the units at the edges that the schedule names, and keeps
// registers, interrupt and accounts. Above all other units. Wakes up only at edges at which something
// happens.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <systemc>
#include <vector>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/isa/program/region_map.h"
#include "hw/isa/registers.h"
#include "hw/port/control_registers.h"
#include "hw/port/csr_port.h"
#include "hw/port/interrupt_line.h"
#include "hw/timeline/command_schedule.h"
#include "hw/timeline/compute/array_trace.h"
#include "hw/timeline/compute/compute_timeline.h"
#include "tlm/accelerator/block_port.h"
#include "tlm/accelerator/blocks.h"
#include "tlm/accelerator/dma/dram_interface.h"
#include "tlm/accelerator/edge_clock.h"

namespace bitbalance::tlm_level {

class Controller : public sc_core::sc_module, private CommandSchedule::Host {
 public:
  sc_core::sc_out<bool> irq{"irq"};
  BlockPort<CommandBlock> loads{"loads"};
  BlockPort<CommandBlock> computes{"computes"};
  BlockPort<CommandBlock> vectors{"vectors"};
  BlockPort<CommandBlock> stores{"stores"};

  Controller(const sc_core::sc_module_name& name, const AcceleratorConfig& config, const EdgeClock& clock,
             RegionMap& regions, CsrPort& csr, DramInterface& dram, Profile& profile,
             std::int64_t watchdog_cycles);

  /// As of the last edge; for the csr port.
  RegisterFile registers() const;
  /// Why the last program was stopped, where registers cannot say: which burst the memory answered how, or
  /// who waits for whom. Else empty.
  const std::string& fault_reason() const { return fault_reason_; }

  /// Told about programs, commands, engines and tiles; nullptr: nobody.
  void set_observer(ExecutionObserver* observer) {
    observer_ = observer;
    schedule_.set_observer(observer);
  }

  // What happens around the controller, at an edge that it has not come to.
  void register_written();
  void fetched(bool error, const CommandBytes& bytes, Edge popped);
  void completed(Engine engine, ProgramFault fault, Edge pushed);
  void fetch_sent() { plan(); }

 private:
  // The schedule's host.
  void start(Engine engine, const Command& command, Edge edge) override;
  void fetch(Edge edge) override;
  Edge fetch_room() const override { return dram_.fetch_room(); }
  ActivityCycles array_activity(Edge edge) const override { return compute_.before(edge); }

  using Failure = CommandSchedule::Failure;
  /// A command as fetched. The schedule hands them back by reference.
  struct Record : Command {
    Record(const Command& command, std::uint32_t position) : Command(command), index(position) {}
    std::uint32_t index;
  };
  static std::uint32_t index_of(const Command& command) { return static_cast<const Record&>(command).index; }

  void on_edge();
  void plan();
  /// At which the next register write takes effect.
  Edge next_write() const;
  void apply_register_writes();
  void start_program(Edge edge);
  void end_program();
  void update_irq();
  void count_fetches(Edge now);
  void report_failure(const Failure& failure);
  ProgramFault receive_header(bool error, const CommandBytes& bytes);
  void refuse(Engine engine, const Failure& failure, Edge popped);
  void compute(const Command& command, Edge popped);
  /// Stops the program if nothing has happened for too long.
  void watch(Edge now);
  Edge last_progress(Edge now) const;
  std::string what_waits() const;

  const AcceleratorConfig config_;
  const std::int64_t watchdog_cycles_;
  const EdgeClock& clock_;
  RegionMap& regions_;
  CsrPort& csr_;
  DramInterface& dram_;
  Profile& profile_;

  ControlRegisters registers_;
  InterruptLine irq_line_{irq};
  bool running_ = false;
  bool reset_ = false;     ///< the program is being dropped: nothing to report
  bool reported_ = false;  ///< a failure, before the program has come to a stop
  std::string fault_reason_;
  Edge begin_ = 0;  ///< of the running or last program

  CommandSchedule schedule_;
  ComputeTimeline compute_;
  ExecutionObserver* observer_ = nullptr;
  ArrayTrace array_trace_;
  std::vector<RowGroupSteps> steps_;  ///< of the last compute command
  Edge last_slot_ = 0;                ///< of that command
  std::deque<Record> fetched_commands_;
  std::array<std::uint32_t, kEngines> started_{};  ///< index of the engine's last command
  struct UncountedFetch {
    Edge popped;
    const Record* record;  ///< nullptr: the header
  };
  std::deque<UncountedFetch> uncounted_fetches_;  ///< answers on their way to the controller
  std::uint32_t records_ = 0;                     ///< of the program, without the header
  std::uint32_t requested_ = 0;                   ///< fetches, with the header
  std::uint32_t received_ = 0;

  sc_core::sc_event edge_event_;
  Edge planned_ = kNever;  ///< when edge_event_ comes
  Edge watch_edge_ = kNever;
  Edge progress_ = 0;  ///< last edge at which a command was done
  bool at_edge_ = false;
};

}  // namespace bitbalance::tlm_level
