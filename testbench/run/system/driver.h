// The driver software: what a host processor does to run a program, through the `csr` socket and the
// interrupt line alone.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>

#include "hw/isa/registers.h"
#include "testbench/run/system/program_regions.h"

namespace bitbalance::runner {

/// What the status registers say at the interrupt.
struct ProgramOutcome {
  ProgramFault fault = ProgramFault::kNone;
  std::uint32_t command = 0;  ///< index of the command that the fault is about, 0 for the header
  std::uint64_t cycles = 0;
};

class Driver : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Driver, 32> csr;
  sc_core::sc_in<bool> irq{"irq"};

  explicit Driver(const sc_core::sc_module_name& name);

  /// Runs the program at `regions` when the simulation goes on; pauses it when the program has ended. One at
  /// a time.
  void submit(const ProgramRegions& regions);
  bool idle() const { return !submitted_; }
  const ProgramOutcome& outcome() const { return outcome_; }

 private:
  void run();
  std::uint32_t access(Register target, std::uint32_t value, tlm::tlm_command command);
  void write(Register target, std::uint32_t value) { access(target, value, tlm::TLM_WRITE_COMMAND); }
  std::uint32_t read(Register source) { return access(source, 0, tlm::TLM_READ_COMMAND); }
  void write_pair(Register lo, Register hi, std::uint64_t value);

  bool submitted_ = false;
  sc_core::sc_event submission_;
  ProgramRegions regions_;
  ProgramOutcome outcome_;
};

}  // namespace bitbalance::runner
