// What the control registers do, the same at every level of detail: what writes of CONTROL ask for, the
// regions of the program, the header's check, status, error and interrupt. Between the `csr` port and the
// level's controller.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/program/region_map.h"
#include "hw/isa/registers.h"
#include "hw/port/csr_port.h"

namespace bitbalance::port {

class ControlRegisters {
 public:
  enum class Request : std::uint8_t { kNone, kStart, kSoftReset };

  /// What the controller counts.
  struct Counters {
    std::uint32_t commands_done = 0;
    std::int64_t cycles = 0;
    std::array<std::int64_t, kEngines> busy{};
  };

  struct Header {
    ProgramFault fault = ProgramFault::kNone;
    std::uint32_t commands = 0;
  };

  explicit ControlRegisters(const AcceleratorConfig& config);

  /// Applies the writes that are due, and tells what they ask for: kStart also if a soft reset goes before
  /// it. A start is ignored while a program runs or is being stopped.
  Request apply(CsrPort& csr);
  /// Of the program started last.
  const RegionMap& regions() const { return file_.started_regions(); }
  /// What is wrong with the captured regions: not aligned, beyond the last address, or without room for a
  /// header.
  ProgramFault region_fault() const;
  /// Checks the first record of the constants region.
  Header check_header(const CommandBytes& bytes) const;

  /// The program has reached its end.
  void finish();
  /// The program is stopped because of `command`; engines may still have something under way.
  void fail(ProgramFault cause, std::uint32_t command);
  /// A program that failed or was dropped has nothing under way any more.
  void stop();
  /// As after power-up; writes that are due are lost.
  void reset(CsrPort& csr);

  /// Level of the interrupt line. It rises with the registers, at an edge. It falls with the access that
  /// lowers it, however far that lies ahead of time: an initiator that is ahead must not see an interrupt
  /// again that it has cleared. Ahead of time an access clears the events, and masks the line, that could be
  /// seen when it was made.
  bool irq(const CsrPort& csr) const;
  /// For the `csr` port.
  RegisterFile view(const Counters& counters) const;

 private:
  /// To be called when the registers have changed.
  void note_rise();
  /// Bits of IRQ_STATUS that could not be seen set when a write was made: it does not answer to them.
  std::uint32_t events_after(const CsrPort::Write& write) const;

  const std::uint32_t config_hash_;
  RegisterFile file_;
  bool was_high_ = false;  ///< the line, by the registers alone
  // Delta cycles, at whose end the line changes: nobody in them has seen it, in whatever order processes run.
  sc_dt::uint64 high_since_ = 0;                    ///< in which it became so
  sc_dt::uint64 done_since_ = 0, error_since_ = 0;  ///< of the last event of each kind
};

}  // namespace bitbalance::port
