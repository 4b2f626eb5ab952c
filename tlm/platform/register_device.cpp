#include "tlm/platform/register_device.h"

#include <cstring>

namespace bitbalance::platform {

RegisterDevice::RegisterDevice(const sc_core::sc_module_name& name) : sc_module(name) {
  socket.register_b_transport(this, &RegisterDevice::b_transport);
}

void RegisterDevice::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  transaction.set_response_status(access(transaction, delay));
}

tlm::tlm_response_status RegisterDevice::access(tlm::tlm_generic_payload& transaction,
                                                sc_core::sc_time& delay) {
  const unsigned bytes = transaction.get_data_length();
  const std::uint64_t offset = transaction.get_address();
  if (transaction.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if ((bytes != 1 && bytes != 2 && bytes != 4) || transaction.get_streaming_width() < bytes)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  if (offset % bytes != 0) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (transaction.get_data_ptr() == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;
  std::uint32_t value = 0;  // every host that we build for is little-endian
  if (transaction.is_write()) {
    std::memcpy(&value, transaction.get_data_ptr(), bytes);
    return write(offset, bytes, value, delay) ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  if (transaction.is_read()) {
    const std::optional<std::uint32_t> found = read(offset, bytes, delay);
    if (!found) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    value = *found;
    std::memcpy(transaction.get_data_ptr(), &value, bytes);
  }
  return tlm::TLM_OK_RESPONSE;
}

}  // namespace bitbalance::platform
