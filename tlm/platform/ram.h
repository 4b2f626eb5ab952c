// Memory that answers at once: the processor's RAM, or its flash, which the bus cannot write.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <systemc>
#include <tlm>

#include "tlm/memory/memory_array.h"
#include "tlm/platform/names.h"

namespace bitbalance::platform {

class Ram : public sc_core::sc_module {
 public:
  enum class Kind { kReadWrite, kReadOnly };

  tlm_utils::simple_target_socket<Ram> socket{"socket"};

  Ram(const sc_core::sc_module_name& name, std::uint64_t bytes, Kind kind, bool allow_dmi);

  std::vector<std::uint8_t>& data() { return array_.data(); }
  const std::vector<std::uint8_t>& data() const { return array_.data(); }

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& transaction) { return array_.debug_access(transaction); }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi);

  const Kind kind_;
  const bool allow_dmi_;
  MemoryArray array_;
};

}  // namespace bitbalance::platform
