#include "tlm/memory/random_latency_memory.h"

#include <algorithm>

namespace bitbalance::memory {

RandomLatencyMemory::RandomLatencyMemory(const sc_core::sc_module_name& name,
                                         const RandomLatencyMemoryConfig& config)
    : sc_module(name),
      socket("socket"),
      config_(config),
      array_(config.bytes),
      random_(config.seed),
      latency_("latency") {
  SC_HAS_PROCESS(RandomLatencyMemory);
  socket.register_nb_transport_fw(this, &RandomLatencyMemory::nb_transport_fw);
  socket.register_b_transport(this, &RandomLatencyMemory::b_transport);
  socket.register_transport_dbg(this, &RandomLatencyMemory::transport_dbg);
  SC_METHOD(accept);
  sensitive << accept_event_;
  dont_initialize();
  SC_METHOD(gather);
  sensitive << latency_.get_event();
  dont_initialize();
  SC_METHOD(respond);
  sensitive << respond_event_;
  dont_initialize();
}

sc_core::sc_time RandomLatencyMemory::draw(const sc_core::sc_time& max) {
  // Half of the delays are whole nanoseconds: answers that coincide with clock edges are the hard ones.
  const std::uint64_t delay = random_() % (max.value() + 1);
  const std::uint64_t nanosecond =
      std::max<std::uint64_t>(sc_core::sc_time(1, sc_core::SC_NS).value(), 1);  // of a coarse resolution
  return sc_core::sc_time::from_value(random_() % 2 == 0 ? delay : delay / nanosecond * nanosecond);
}

void RandomLatencyMemory::perform(tlm::tlm_generic_payload& transaction) {
  ++transactions_;
  const std::uint64_t address = transaction.get_address();
  const bool error = address >= config_.error_begin && address < config_.error_end;
  transaction.set_response_status(error ? tlm::TLM_GENERIC_ERROR_RESPONSE : array_.access(transaction));
  // A bridge would do this: an initiator must not rely on the address after the call.
  transaction.set_address(~address);
}

void RandomLatencyMemory::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  if (random_() % 2 == 0) {
    wait(delay + draw(config_.max_latency));
    delay = sc_core::SC_ZERO_TIME;
  } else {
    delay += draw(config_.max_latency);
  }
  perform(transaction);
}

tlm::tlm_sync_enum RandomLatencyMemory::nb_transport_fw(tlm::tlm_generic_payload& transaction,
                                                        tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  if (phase == tlm::END_RESP) {
    if (responding_ != &transaction) SC_REPORT_ERROR(name(), "END_RESP without BEGIN_RESP");
    responding_ = nullptr;
    transaction.release();
    respond_event_.notify(delay);
    return tlm::TLM_COMPLETED;
  }
  if (phase != tlm::BEGIN_REQ) {
    SC_REPORT_ERROR(name(), "phase that an initiator must not send");
    return tlm::TLM_ACCEPTED;
  }
  if (requesting_ != nullptr)
    SC_REPORT_ERROR(name(), "BEGIN_REQ within the request phase of another transaction");
  if (!transaction.has_mm()) SC_REPORT_ERROR(name(), "transaction without a memory manager");
  if (transaction.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE || transaction.is_dmi_allowed()) {
    SC_REPORT_ERROR(name(), "request that already carries an answer");
  }
  const std::uint64_t way = config_.early_completion ? random_() % 5 : 0;
  if (way == 4) {
    perform(transaction);
    delay += draw(config_.max_latency);
    return tlm::TLM_COMPLETED;
  }
  if (way == 3 && responding_ == nullptr) {
    transaction.acquire();
    perform(transaction);
    responding_ = &transaction;
    phase = tlm::BEGIN_RESP;
    delay += draw(config_.max_latency);
    return tlm::TLM_UPDATED;
  }
  transaction.acquire();
  if (way == 2) {
    phase = tlm::END_REQ;
    delay += draw(config_.max_accept);
    latency_.notify(transaction, delay + draw(config_.max_latency));
    return tlm::TLM_UPDATED;
  }
  latency_.notify(transaction, delay + draw(config_.max_latency));
  requesting_ = &transaction;
  accept_event_.notify(delay + draw(config_.max_accept));
  return tlm::TLM_ACCEPTED;
}

void RandomLatencyMemory::accept() {
  if (requesting_ == nullptr) return;  // its response was faster and ended the request phase
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  tlm::tlm_generic_payload& transaction = *requesting_;
  requesting_ = nullptr;
  socket->nb_transport_bw(transaction, phase, delay);
}

void RandomLatencyMemory::gather() {
  while (tlm::tlm_generic_payload* transaction = latency_.get_next_transaction())
    ready_.push_back(transaction);
  respond_event_.notify(sc_core::SC_ZERO_TIME);
}

void RandomLatencyMemory::respond() {
  while (responding_ == nullptr && !ready_.empty()) {
    responding_ = ready_.front();
    ready_.pop_front();
    if (requesting_ == responding_) requesting_ = nullptr;  // BEGIN_RESP implies END_REQ
    perform(*responding_);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = random_() % 2 == 0 ? sc_core::SC_ZERO_TIME : draw(config_.max_accept);
    const tlm::tlm_sync_enum status = socket->nb_transport_bw(*responding_, phase, delay);
    if (status == tlm::TLM_COMPLETED || (status == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
      if (responding_ == nullptr) {  // by a call of the initiator's, from within this one
        SC_REPORT_ERROR(name(), "a response was ended twice");
        continue;
      }
      responding_->release();
      responding_ = nullptr;
    }
  }
}

}  // namespace bitbalance::memory
