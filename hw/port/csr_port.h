// The `csr` target socket: checks 32-bit register accesses, answers reads from the controller's registers and
// keeps writes until the clock edge at which they take effect. An access has a time, annotated delay
// included; at the time of an edge the edge comes first.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <deque>
#include <functional>
#include <systemc>
#include <tlm>

#include "hw/isa/registers.h"
#include "hw/port/names.h"

namespace bitbalance::port {

class CsrPort : public sc_core::sc_module, public virtual sc_core::sc_interface {
 public:
  struct Write {
    sc_core::sc_time time;  ///< annotated delay included
    sc_dt::uint64 made;     ///< the delta cycle of the call
    Register target;
    std::uint32_t value;
    std::uint32_t bits;
  };

  tlm_utils::simple_target_socket<CsrPort, 32> socket;

  /// `registers`: the registers' values as of the last clock edge. `written`: told about each write; a level
  /// that does not look at every edge needs it. `is_tolerant`: a streaming width of 0 stands for the
  /// data length; else it is refused, as the standard has it, and the first one is warned of.
  CsrPort(const sc_core::sc_module_name& name, std::function<RegisterFile()> registers,
          std::function<void()> written = {}, bool is_tolerant = false);

  /// Whether a write waits for a clock edge.
  bool pending() const { return !writes_.empty(); }
  /// Of the first of them. Precondition: pending().
  const sc_core::sc_time& next_write_time() const { return writes_.front().time; }
  /// Applies the writes whose time lies before now, in the order of their times.
  void apply_due_writes(RegisterFile& file);
  /// Those that wait, by time, also those of initiators that are ahead of time.
  const std::deque<Write>& writes() const { return writes_; }

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  /// Waits until the time of a read, and until an edge at that time is over: from an SC_THREAD. sc_main,
  /// between two stretches of simulation, cannot wait: it sees the present.
  static void arrive(sc_core::sc_time& delay);
  /// Lets the interrupt line change, and those who watch it: delta cycles, no time.
  static void settle();
  unsigned transport_dbg(tlm::tlm_generic_payload& transaction);
  tlm::tlm_response_status access(tlm::tlm_generic_payload& transaction, const sc_core::sc_time& delay);
  bool has_width(const tlm::tlm_generic_payload& transaction);
  /// What the bus sees: the registers, and the writes up to now that are on their way to them.
  RegisterFile bus_view() const;

  std::function<RegisterFile()> registers_;
  std::function<void()> written_;
  const bool is_tolerant_;
  bool has_warned_ = false;  ///< of a streaming width of 0
  std::deque<Write> writes_;
};

}  // namespace bitbalance::port
