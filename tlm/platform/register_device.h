// A device with naturally aligned registers of 1, 2 or 4 bytes behind a TLM-2.0 target socket. An access
// to an offset without a register ends in an address error.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <optional>
#include <systemc>
#include <tlm>

#include "tlm/platform/names.h"

namespace bitbalance::platform {

class RegisterDevice : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<RegisterDevice> socket{"socket"};

 protected:
  explicit RegisterDevice(const sc_core::sc_module_name& name);

  /// `delay`: from now to the time of the access. Nothing: no such register.
  virtual std::optional<std::uint32_t> read(std::uint64_t offset, unsigned bytes,
                                            const sc_core::sc_time& delay) = 0;
  /// False: no such register. `delay`: when it returns, from then to the time of the answer.
  virtual bool write(std::uint64_t offset, unsigned bytes, std::uint32_t value, sc_core::sc_time& delay) = 0;

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  tlm::tlm_response_status access(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
};

}  // namespace bitbalance::platform
