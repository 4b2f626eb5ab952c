// Memories that do what no memory should, each in one way, from the n-th burst on.
#pragma once

#include <tlm_utils/peq_with_get.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <vector>

#include "tests/support/names.h"
#include "tlm/memory/memory_array.h"

namespace bitbalance::tlm_level::test {

enum class Badness : std::uint8_t {
  kNone,
  kStatus,          ///< answers with `status`; TLM_INCOMPLETE_RESPONSE: does its work and sets none
  kSilent,          ///< never answers
  kLate,            ///< answers after any watchdog
  kWrongPhase,      ///< answers BEGIN_REQ by TLM_UPDATED with END_RESP
  kTwoRequestEnds,  ///< END_REQ twice
  kTwoAnswers,      ///< BEGIN_RESP twice
  kWrongPath,       ///< END_RESP on the backward path
  kStranger,        ///< answers a transaction that nobody sent
};

struct BadMemoryOptions {
  Badness badness = Badness::kNone;
  tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
  std::uint64_t first_bad = 0;  ///< number of the burst
};

class BadMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<BadMemory> socket{"socket"};

  BadMemory(const sc_core::sc_module_name& name, std::uint64_t bytes, const BadMemoryOptions& options);

  std::vector<std::uint8_t>& data() { return array_.data(); }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void misbehave();
  void call_back(tlm::tlm_generic_payload& payload, tlm::tlm_phase_enum phase);

  const sc_core::sc_time latency_{20, sc_core::SC_NS}, too_late_{1, sc_core::SC_MS};
  const BadMemoryOptions options_;
  MemoryArray array_;
  std::uint64_t bursts_ = 0;
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> bad_{"bad"};
  tlm::tlm_generic_payload stranger_;
};

}  // namespace bitbalance::tlm_level::test
