// Bytes of a memory model and what a generic payload does to them. Has no notion of time: the memories add
// theirs.
#pragma once

#include <cstdint>
#include <tlm>
#include <vector>

#include "tlm/memory/names.h"

namespace bitbalance::memory {

class MemoryArray {
 public:
  explicit MemoryArray(std::uint64_t bytes) : bytes_(bytes) {}

  /// Reads or writes as the payload says, byte enables and streaming width included; sets no attribute but
  /// the data.
  tlm::tlm_response_status access(tlm::tlm_generic_payload& transaction);
  /// As access(), without byte enables; returns the number of bytes that exist.
  unsigned debug_access(tlm::tlm_generic_payload& transaction);
  /// Puts the range of all bytes and their pointer into `dmi`; access and latencies are the memory's. False:
  /// there are no bytes at the transaction's address, and the range is that of none.
  bool direct_access(const tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi);

  std::vector<std::uint8_t>& data() { return bytes_; }
  const std::vector<std::uint8_t>& data() const { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace bitbalance::memory
