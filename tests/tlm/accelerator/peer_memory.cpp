#include "tests/tlm/accelerator/peer_memory.h"

namespace bitbalance::tlm_level::test {
namespace {

TLM_DECLARE_EXTENDED_PHASE(split_phase);

}  // namespace

PeerMemory::PeerMemory(const sc_core::sc_module_name& name, std::uint64_t bytes, const PeerOptions& options)
    : sc_module(name),
      ahead_(options.annotates ? sc_core::sc_time(1.2, sc_core::SC_NS) : sc_core::SC_ZERO_TIME),
      options_(options),
      array_(bytes) {
  SC_HAS_PROCESS(PeerMemory);
  socket.register_nb_transport_fw(this, &PeerMemory::nb_transport_fw);
  SC_METHOD(end_requests);
  sensitive << requests_.get_event();
  dont_initialize();
  SC_METHOD(respond);
  sensitive << responses_.get_event() << response_over_;
  dont_initialize();
}

tlm::tlm_sync_enum PeerMemory::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                               sc_core::sc_time& delay) {
  if (phase == tlm::END_RESP) {
    if (options_.way != RequestWay::kResponseReturned && options_.end == port::ResponseEnd::kForward) {
      responding_ = false;
      response_over_.notify(delay);
    }
    return tlm::TLM_COMPLETED;
  }
  const auto later = [&](auto& queue, const sc_core::sc_time& time) {
    payload.acquire();
    queue.notify(payload, time);
  };
  switch (options_.way) {
    case RequestWay::kCompleted:
      perform(payload);
      delay += latency_ + ahead_;
      return tlm::TLM_COMPLETED;
    case RequestWay::kResponseReturned:
      perform(payload);
      phase = tlm::BEGIN_RESP;
      delay += latency_ + ahead_;
      return tlm::TLM_UPDATED;
    case RequestWay::kEndReturned:
      phase = tlm::END_REQ;
      later(responses_, accept_ + latency_);
      delay += ahead_;
      return tlm::TLM_UPDATED;
    case RequestWay::kEndBackward:
    case RequestWay::kIgnorable:
      later(requests_, accept_);
      later(responses_, accept_ + latency_);
      if (options_.way == RequestWay::kEndBackward) break;
      phase = split_phase;
      return tlm::TLM_UPDATED;
    case RequestWay::kResponseBackward:
      later(responses_, latency_);
      break;
  }
  return tlm::TLM_ACCEPTED;
}

void PeerMemory::end_requests() {
  while (tlm::tlm_generic_payload* const payload = requests_.get_next_transaction()) {
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = ahead_;
    socket->nb_transport_bw(*payload, phase, delay);
    payload->release();
  }
}

void PeerMemory::respond() {
  while (tlm::tlm_generic_payload* const payload = responses_.get_next_transaction())
    ready_.push_back(payload);
  if (responding_ || ready_.empty()) return;
  tlm::tlm_generic_payload& payload = *ready_.front();
  ready_.pop_front();
  responding_ = true;
  perform(payload);
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay = ahead_;
  const tlm::tlm_sync_enum status = socket->nb_transport_bw(payload, phase, delay);
  const bool updated = status == tlm::TLM_UPDATED && phase == tlm::END_RESP;
  if ((options_.end == port::ResponseEnd::kUpdated && updated) ||
      (options_.end == port::ResponseEnd::kCompleted && status == tlm::TLM_COMPLETED)) {
    responding_ = false;
    response_over_.notify(delay);
  }
  payload.release();
}

}  // namespace bitbalance::tlm_level::test
