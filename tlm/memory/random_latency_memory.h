// A memory for tests: every transaction takes one of the ways that the TLM-2.0 base protocol allows, with
// random delays, in random order, from a seed. Reports an error when the initiator breaks the protocol.
#pragma once

#include <tlm_utils/peq_with_get.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <random>
#include <systemc>
#include <tlm>

#include "tlm/memory/memory_array.h"

namespace bitbalance::memory {

struct RandomLatencyMemoryConfig {
  std::uint64_t bytes = 0;
  std::uint64_t seed = 1;
  sc_core::sc_time max_accept{5, sc_core::SC_NS};     ///< BEGIN_REQ to END_REQ at most
  sc_core::sc_time max_latency{100, sc_core::SC_NS};  ///< BEGIN_REQ to BEGIN_RESP at most
  bool early_completion = true;                       ///< also answer some with TLM_COMPLETED or TLM_UPDATED
  std::uint64_t error_begin = 0, error_end = 0;       ///< [begin, end): answered with a generic error
};

class RandomLatencyMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<RandomLatencyMemory> socket;

  RandomLatencyMemory(const sc_core::sc_module_name& name, const RandomLatencyMemoryConfig& config);

  std::vector<std::uint8_t>& data() { return array_.data(); }
  std::uint64_t transactions() const { return transactions_; }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& transaction, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& transaction) { return array_.debug_access(transaction); }
  void perform(tlm::tlm_generic_payload& transaction);
  void accept();
  void gather();
  void respond();
  sc_core::sc_time draw(const sc_core::sc_time& max);

  const RandomLatencyMemoryConfig config_;
  MemoryArray array_;
  std::mt19937_64 random_;
  std::uint64_t transactions_ = 0;
  tlm::tlm_generic_payload* requesting_ = nullptr;  ///< between BEGIN_REQ and END_REQ
  tlm::tlm_generic_payload* responding_ = nullptr;  ///< between BEGIN_RESP and END_RESP
  sc_core::sc_event accept_event_;
  sc_core::sc_event respond_event_;
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> latency_;
  std::deque<tlm::tlm_generic_payload*> ready_;  ///< latency over, waiting for the response phase
};

}  // namespace bitbalance::memory
