#include "tests/tlm/accelerator/bad_memory.h"

namespace bitbalance::tlm_level::test {

BadMemory::BadMemory(const sc_core::sc_module_name& name, std::uint64_t bytes,
                     const BadMemoryOptions& options)
    : sc_module(name), options_(options), array_(bytes) {
  SC_HAS_PROCESS(BadMemory);
  socket.register_nb_transport_fw(this, &BadMemory::nb_transport_fw);
  socket.register_b_transport(this, &BadMemory::b_transport);
  SC_METHOD(misbehave);
  sensitive << bad_.get_event();
  dont_initialize();
}

void BadMemory::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const bool bad = bursts_++ >= options_.first_bad;
  if (bad && options_.badness == Badness::kSilent) wait(sc_core::sc_event("never"));
  delay += bad && options_.badness == Badness::kLate ? too_late_ : latency_;
  const bool has_bad_status = bad && options_.badness == Badness::kStatus;
  if (has_bad_status && options_.status != tlm::TLM_INCOMPLETE_RESPONSE)
    return payload.set_response_status(options_.status);
  const tlm::tlm_response_status status = array_.access(payload);
  payload.set_response_status(has_bad_status ? options_.status : status);
}

tlm::tlm_sync_enum BadMemory::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                              sc_core::sc_time& delay) {
  if (phase != tlm::BEGIN_REQ) return tlm::TLM_COMPLETED;
  const bool bad = bursts_ >= options_.first_bad;
  if (!bad || options_.badness == Badness::kStatus || options_.badness == Badness::kLate ||
      options_.badness == Badness::kNone) {
    b_transport(payload, delay);
    return tlm::TLM_COMPLETED;
  }
  ++bursts_;
  if (options_.badness == Badness::kWrongPhase) {
    phase = tlm::END_RESP;
    return tlm::TLM_UPDATED;
  }
  if (options_.badness != Badness::kSilent) bad_.notify(payload, latency_);
  return tlm::TLM_ACCEPTED;
}

void BadMemory::misbehave() {
  while (tlm::tlm_generic_payload* const payload = bad_.get_next_transaction()) {
    switch (options_.badness) {
      case Badness::kTwoRequestEnds:
        call_back(*payload, tlm::END_REQ);
        call_back(*payload, tlm::END_REQ);
        break;
      case Badness::kTwoAnswers:
        payload->acquire();
        call_back(*payload, tlm::BEGIN_RESP);
        call_back(*payload, tlm::BEGIN_RESP);
        break;
      case Badness::kWrongPath:
        call_back(*payload, tlm::END_RESP);
        break;
      default:
        call_back(stranger_, tlm::BEGIN_RESP);
        call_back(*payload, tlm::BEGIN_RESP);
    }
  }
}

void BadMemory::call_back(tlm::tlm_generic_payload& payload, tlm::tlm_phase_enum phase) {
  if (phase == tlm::BEGIN_RESP && &payload != &stranger_) payload.set_response_status(array_.access(payload));
  tlm::tlm_phase sent = phase;
  sc_core::sc_time delay;
  socket->nb_transport_bw(payload, sent, delay);
}

}  // namespace bitbalance::tlm_level::test
