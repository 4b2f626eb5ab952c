// Several accelerators on one memory, one at a time: what they send goes to the memory, its answers go to the
// selected one. In no time.
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <systemc>
#include <tlm>

#include "testbench/run/names.h"

namespace bitbalance::runner {

class MemorySwitch : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<MemorySwitch> accelerators{"accelerators"};
  tlm_utils::simple_initiator_socket<MemorySwitch> memory{"memory"};

  explicit MemorySwitch(const sc_core::sc_module_name& name);

  /// In the order in which they were bound. Precondition: no transaction is under way.
  void select(int accelerator) { selected_ = accelerator; }

 private:
  tlm::tlm_sync_enum nb_transport_fw(int accelerator, tlm::tlm_generic_payload& transaction,
                                     tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void b_transport(int accelerator, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  unsigned transport_dbg(int accelerator, tlm::tlm_generic_payload& transaction);
  bool get_direct_mem_ptr(int accelerator, tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& transaction, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last);

  int selected_ = 0;
};

}  // namespace bitbalance::runner
