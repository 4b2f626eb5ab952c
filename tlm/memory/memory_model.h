// What a test bench needs of a memory behind the accelerator's `mem` socket, whatever its timing.
#pragma once

#include <systemc>
#include <tlm>
#include <vector>

#include "tlm/memory/statistic.h"

namespace bitbalance::memory {

class MemoryModel : public sc_core::sc_module {
 public:
  using Socket = tlm::tlm_base_target_socket_b<32, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<>>;

  /// To bind initiators to: any number if has_ports(), else one.
  virtual Socket& target() = 0;
  virtual bool has_ports() const { return false; }
  /// Reads or writes in no time; returns the number of bytes that exist.
  virtual unsigned debug_access(tlm::tlm_generic_payload& transaction) = 0;
  /// Figures of what was asked for up to now, by name.
  virtual std::vector<Statistic> statistics() { return {}; }

 protected:
  using sc_module::sc_module;
};

}  // namespace bitbalance::memory
