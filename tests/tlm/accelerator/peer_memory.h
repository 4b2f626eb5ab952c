// Memories that know one legal way of the base protocol only, as those of real platforms do: one way to take
// a request, one way in which the initiator must end the response. With any other end they hang.
#pragma once

#include <tlm_utils/peq_with_get.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <systemc>
#include <tlm>
#include <vector>

#include "hw/port/accelerator_options.h"
#include "tests/support/names.h"
#include "tlm/memory/memory_array.h"

namespace bitbalance::tlm_level::test {

/// What follows BEGIN_REQ.
enum class RequestWay : std::uint8_t {
  kCompleted,         ///< TLM_COMPLETED
  kResponseReturned,  ///< TLM_UPDATED with BEGIN_RESP
  kEndReturned,       ///< TLM_UPDATED with END_REQ, later BEGIN_RESP on the backward path
  kEndBackward,       ///< END_REQ on the backward path, later BEGIN_RESP there
  kResponseBackward,  ///< BEGIN_RESP on the backward path, which ends the request, too
  kIgnorable,         ///< TLM_UPDATED with an ignorable phase, and then as kEndBackward
};
inline constexpr RequestWay kRequestWays[] = {RequestWay::kCompleted,        RequestWay::kResponseReturned,
                                              RequestWay::kEndReturned,      RequestWay::kEndBackward,
                                              RequestWay::kResponseBackward, RequestWay::kIgnorable};

struct PeerOptions {
  RequestWay way = RequestWay::kEndBackward;
  port::ResponseEnd end = port::ResponseEnd::kUpdated;  ///< of a response on the backward path
  bool annotates = false;                               ///< calls are ahead of time by a delay
};

class PeerMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<PeerMemory> socket{"socket"};

  PeerMemory(const sc_core::sc_module_name& name, std::uint64_t bytes, const PeerOptions& options);

  std::vector<std::uint8_t>& data() { return array_.data(); }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  void perform(tlm::tlm_generic_payload& payload) { payload.set_response_status(array_.access(payload)); }
  void end_requests();
  void respond();

  // None of them, nor a sum of them, is a whole number of the accelerator's cycles.
  const sc_core::sc_time accept_{2.3, sc_core::SC_NS}, latency_{20.4, sc_core::SC_NS};
  const sc_core::sc_time ahead_;
  const PeerOptions options_;
  MemoryArray array_;
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> requests_{"requests"}, responses_{"responses"};
  std::deque<tlm::tlm_generic_payload*> ready_;
  bool responding_ = false;
  sc_core::sc_event response_over_;
};

}  // namespace bitbalance::tlm_level::test
