#include "testbench/run/system/memory_switch.h"

namespace bitbalance::runner {

MemorySwitch::MemorySwitch(const sc_core::sc_module_name& name) : sc_module(name) {
  accelerators.register_nb_transport_fw(this, &MemorySwitch::nb_transport_fw);
  accelerators.register_b_transport(this, &MemorySwitch::b_transport);
  accelerators.register_transport_dbg(this, &MemorySwitch::transport_dbg);
  accelerators.register_get_direct_mem_ptr(this, &MemorySwitch::get_direct_mem_ptr);
  memory.register_nb_transport_bw(this, &MemorySwitch::nb_transport_bw);
  memory.register_invalidate_direct_mem_ptr(this, &MemorySwitch::invalidate_direct_mem_ptr);
}

tlm::tlm_sync_enum MemorySwitch::nb_transport_fw(int /*accelerator*/, tlm::tlm_generic_payload& transaction,
                                                 tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  return memory->nb_transport_fw(transaction, phase, delay);
}

void MemorySwitch::b_transport(int /*accelerator*/, tlm::tlm_generic_payload& transaction,
                               sc_core::sc_time& delay) {
  memory->b_transport(transaction, delay);
}

unsigned MemorySwitch::transport_dbg(int /*accelerator*/, tlm::tlm_generic_payload& transaction) {
  return memory->transport_dbg(transaction);
}

bool MemorySwitch::get_direct_mem_ptr(int /*accelerator*/, tlm::tlm_generic_payload& transaction,
                                      tlm::tlm_dmi& dmi) {
  return memory->get_direct_mem_ptr(transaction, dmi);
}

tlm::tlm_sync_enum MemorySwitch::nb_transport_bw(tlm::tlm_generic_payload& transaction, tlm::tlm_phase& phase,
                                                 sc_core::sc_time& delay) {
  return accelerators[selected_]->nb_transport_bw(transaction, phase, delay);
}

void MemorySwitch::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  for (unsigned i = 0; i < accelerators.size(); ++i)
    accelerators[static_cast<int>(i)]->invalidate_direct_mem_ptr(first, last);
}

}  // namespace bitbalance::runner
