#include "tlm/memory/memory_array.h"

#include <algorithm>
#include <cstring>

namespace bitbalance::memory {
namespace {

/// Of the bytes that there are, each is enabled or disabled.
bool enables_are_valid(const unsigned char* enables, std::uint64_t count) {
  return count != 0 && std::all_of(enables, enables + count, [](unsigned char enable) {
           return enable == TLM_BYTE_ENABLED || enable == TLM_BYTE_DISABLED;
         });
}

}  // namespace

tlm::tlm_response_status MemoryArray::access(tlm::tlm_generic_payload& transaction) {
  if (transaction.get_command() == tlm::TLM_IGNORE_COMMAND) return tlm::TLM_OK_RESPONSE;
  const std::uint64_t address = transaction.get_address();
  const std::uint64_t length = transaction.get_data_length();
  const std::uint64_t span = std::min<std::uint64_t>(length, transaction.get_streaming_width());
  if (span == 0) return tlm::TLM_BURST_ERROR_RESPONSE;
  if (address > bytes_.size() || span > bytes_.size() - address) return tlm::TLM_ADDRESS_ERROR_RESPONSE;

  std::uint8_t* const memory = bytes_.data() + address;
  unsigned char* const data = transaction.get_data_ptr();
  if (data == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;
  const bool write = transaction.is_write();
  const unsigned char* const enables = transaction.get_byte_enable_ptr();
  if (enables == nullptr && span == length) {
    std::memcpy(write ? memory : data, write ? data : memory, length);
    return tlm::TLM_OK_RESPONSE;
  }
  const unsigned enable_length = transaction.get_byte_enable_length();
  if (enables != nullptr && !enables_are_valid(enables, std::min<std::uint64_t>(enable_length, length)))
    return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  for (std::uint64_t i = 0; i < length; ++i) {
    if (enables != nullptr && enables[i % enable_length] != TLM_BYTE_ENABLED) continue;
    if (write) {
      memory[i % span] = data[i];
    } else {
      data[i] = memory[i % span];
    }
  }
  return tlm::TLM_OK_RESPONSE;
}

unsigned MemoryArray::debug_access(tlm::tlm_generic_payload& transaction) {
  const std::uint64_t address = transaction.get_address();
  if (address >= bytes_.size() || transaction.get_command() == tlm::TLM_IGNORE_COMMAND ||
      transaction.get_data_ptr() == nullptr) {
    return 0;
  }
  const std::uint64_t count = std::min<std::uint64_t>(transaction.get_data_length(), bytes_.size() - address);
  std::uint8_t* const memory = bytes_.data() + address;
  unsigned char* const data = transaction.get_data_ptr();
  std::memcpy(transaction.is_write() ? memory : data, transaction.is_write() ? data : memory, count);
  return static_cast<unsigned>(count);
}

bool MemoryArray::direct_access(const tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi) {
  const bool exists = transaction.get_address() < bytes_.size();
  dmi.set_start_address(exists ? 0 : bytes_.size());
  dmi.set_end_address(exists ? bytes_.size() - 1 : UINT64_MAX);
  if (exists) dmi.set_dmi_ptr(bytes_.data());
  return exists;
}

}  // namespace bitbalance::memory
