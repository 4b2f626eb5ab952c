// How an accelerator is simulated, at every level of detail; nothing of the hardware.
#pragma once

#include <cstdint>

#include "hw/port/names.h"

namespace bitbalance::port {

/// How a response phase that a target has begun by BEGIN_RESP is ended. The base protocol lets the initiator
/// choose; a target that is written for one way only hangs with the others.
enum class ResponseEnd : std::uint8_t {
  kUpdated,    ///< nb_transport_bw returns TLM_UPDATED and END_RESP: what the most targets understand
  kCompleted,  ///< nb_transport_bw returns TLM_COMPLETED
  kForward,    ///< nb_transport_bw returns TLM_ACCEPTED; END_RESP follows by nb_transport_fw
};

struct AcceleratorOptions {
  std::int64_t watchdog_cycles = 1'000'000;  ///< give up after as many without progress; 0: never
  // What only transactions have; nothing to the clocked level.
  bool use_dmi = true;  ///< where the memory grants it; else every burst is a transaction
  int threads = 0;      ///< that compute data; 0: one for each processor. Changes nothing but the host's time

  // Towards peers that do not keep to the standard.
  ResponseEnd response_end = ResponseEnd::kUpdated;
  bool tolerant_csr = false;     ///< a streaming width of 0 on `csr` stands for the data length
  bool tolerant_memory = false;  ///< an answer on `mem` whose response status nobody has set is a good one
};

}  // namespace bitbalance::port
