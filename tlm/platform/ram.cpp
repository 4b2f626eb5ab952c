#include "tlm/platform/ram.h"

namespace bitbalance::platform {

Ram::Ram(const sc_core::sc_module_name& name, std::uint64_t bytes, Kind kind, bool allow_dmi)
    : sc_module(name), kind_(kind), allow_dmi_(allow_dmi), array_(bytes) {
  socket.register_b_transport(this, &Ram::b_transport);
  socket.register_transport_dbg(this, &Ram::transport_dbg);
  socket.register_get_direct_mem_ptr(this, &Ram::get_direct_mem_ptr);
}

void Ram::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& /*delay*/) {
  if (kind_ == Kind::kReadOnly && transaction.is_write()) {
    transaction.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return;
  }
  transaction.set_response_status(array_.access(transaction));
  transaction.set_dmi_allowed(allow_dmi_ && transaction.is_response_ok());
}

bool Ram::get_direct_mem_ptr(tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi) {
  if (!array_.direct_access(transaction, dmi) || !allow_dmi_) return false;
  if (kind_ == Kind::kReadOnly) {
    if (transaction.is_write()) return false;
    dmi.allow_read();
  } else {
    dmi.allow_read_write();
  }
  return true;
}

}  // namespace bitbalance::platform
