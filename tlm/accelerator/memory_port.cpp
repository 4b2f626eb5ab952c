#include "tlm/accelerator/memory_port.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace bitbalance::tlm_level {

struct MemoryPort::Transaction : tlm::tlm_generic_payload {
  explicit Transaction(tlm::tlm_mm_interface* manager) : tlm_generic_payload(manager) {
    set_extension(&extension);
  }
  ~Transaction() override { clear_extension(&extension); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  MemoryChannelExtension extension;
  std::array<std::uint8_t, 256> data{};
  std::uint64_t request_address = 0;  ///< the payload's own may be changed on its way
  bool answered = false;
  std::uint64_t answer_time = 0;  ///< time units
};

MemoryPort::MemoryPort(const sc_core::sc_module_name& name, const DramInterfaceConfig& config,
                       const EdgeClock& clock, const std::array<BurstSource*, kMemoryChannels>& sources)
    : sc_module(name), socket("socket"), config_(config), clock_(clock) {
  SC_HAS_PROCESS(MemoryPort);
  socket.register_nb_transport_bw(this, &MemoryPort::nb_transport_bw);
  SC_METHOD(on_edge);
  sensitive << edge_event_;
  dont_initialize();
  for (int c = 0; c < kMemoryChannels; ++c) {
    ChannelState& channel = state(static_cast<MemoryChannel>(c));
    channel.source = sources[static_cast<std::size_t>(c)];
    channel.delivered.assign(
        config.use_nb_transport ? static_cast<std::size_t>(config.max_outstanding) : std::size_t{1},
        kLongAgo);
    if (!config.use_nb_transport) {
      channel.call = std::make_unique<sc_core::sc_event>();
      sc_core::sc_spawn([this, c] { serve(static_cast<MemoryChannel>(c)); },
                        fmt::format("serve_{}", to_string(static_cast<MemoryChannel>(c))).c_str());
    }
  }
}

MemoryPort::~MemoryPort() = default;

std::string MemoryPort::pending() const {
  std::string text;
  for (int c = 0; c < kMemoryChannels; ++c) {
    const ChannelState& channel = state(static_cast<MemoryChannel>(c));
    if (channel.unanswered.empty()) continue;
    text += fmt::format("{}{}: {} transactions, oldest at {:#x}", text.empty() ? "" : "; ",
                        to_string(static_cast<MemoryChannel>(c)), channel.unanswered.size(),
                        channel.unanswered.front()->request_address);
  }
  return text;
}

Edge MemoryPort::last_delivery(Edge limit) const {
  Edge last = kLongAgo;
  for (const ChannelState& channel : channels_) {
    last = std::max(last, channel.delivered_before);
    for (const Edge delivered : channel.delivered) {
      if (delivered <= limit) last = std::max(last, delivered);
    }
  }
  return last;
}

void MemoryPort::wake(MemoryChannel channel) {
  plan(state(channel));
  notify();
}

/// The channel is two entries deep: a request is pushed when the last but one has left, at the earliest.
void MemoryPort::plan(ChannelState& channel) {
  channel.push = channel.source->push_edge(channel.sent_before + 1);
  const Edge place = channel.delivered[channel.oldest];
  channel.send = channel.push == kNever || place == kNever
                     ? kNever
                     : std::max({channel.push + 1, channel.sent + 1, place});
}

void MemoryPort::notify() {
  if (requesting_ != nullptr) return;  // its END_REQ comes back here
  Edge next = kNever;
  for (const ChannelState& channel : channels_) next = std::min(next, channel.send);
  if (next == kNever) return;
  if (request_phase_ended_late_) next = std::max(next, clock_.after(request_phase_end_));
  next = std::max(next, clock_.now());
  if (next == planned_) return;
  planned_ = next;
  edge_event_.cancel();
  edge_event_.notify(clock_.until(next));
}

void MemoryPort::on_edge() {
  const Edge now = planned_;
  planned_ = kNever;
  for (int c = 0; c < kMemoryChannels; ++c) {
    const auto which = static_cast<MemoryChannel>(c);
    if (state(which).send <= now && request_phase_is_free()) issue(which);
  }
  notify();
}

bool MemoryPort::request_phase_is_free() const {
  if (requesting_ != nullptr) return false;
  return !request_phase_ended_late_ || sc_core::sc_time_stamp().value() > request_phase_end_;
}

void MemoryPort::issue(MemoryChannel which) {
  ChannelState& channel = state(which);
  channel.sent_before = channel.sent;
  channel.sent = clock_.now();
  const BurstRequest request = channel.source->push(channel.push);
  Transaction& transaction = take_from_pool(which);
  transaction.request_address = request.address;
  transaction.answered = false;
  transaction.set_command(which == MemoryChannel::kWrite ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  transaction.set_address(request.address);
  transaction.set_data_ptr(transaction.data.data());
  transaction.set_data_length(request.bytes);
  transaction.set_streaming_width(request.bytes);
  transaction.set_byte_enable_ptr(nullptr);
  transaction.set_byte_enable_length(0);
  transaction.set_dmi_allowed(false);
  transaction.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  if (request.data != nullptr) std::memcpy(transaction.data.data(), request.data, request.bytes);

  channel.delivered_before = channel.delivered[channel.oldest];
  channel.delivered[channel.oldest] = kNever;
  if (++channel.oldest == channel.delivered.size()) channel.oldest = 0;
  channel.unanswered.push_back(&transaction);
  if (config_.use_nb_transport) {
    send(transaction);
  } else {
    channel.call->notify();
  }
  plan(channel);
}

void MemoryPort::send(Transaction& transaction) {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  request_phase_ended_late_ = false;
  requesting_ = &transaction;  // the target may answer through the backward path within this call
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  transaction.acquire();  // for this call: the answer may come within
  const tlm::tlm_sync_enum status = socket->nb_transport_fw(transaction, phase, delay);
  if (status != tlm::TLM_ACCEPTED) {
    if (requesting_ == &transaction) requesting_ = nullptr;
    const std::uint64_t time = now + delay.value();
    if (status == tlm::TLM_UPDATED && delay != sc_core::SC_ZERO_TIME) {
      request_phase_ended_late_ = true;
      request_phase_end_ = time;
    }
    if (status == tlm::TLM_COMPLETED) {
      answered(transaction, time);
    } else if (phase == tlm::BEGIN_RESP) {
      phase = tlm::END_RESP;
      socket->nb_transport_fw(transaction, phase, delay);
      answered(transaction, time);
    }
  }
  transaction.release();
}

tlm::tlm_sync_enum MemoryPort::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                               sc_core::sc_time& delay) {
  if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;  // ignorable phases
  auto& transaction = static_cast<Transaction&>(payload);
  const std::uint64_t time = (sc_core::sc_time_stamp() + delay).value();
  if (requesting_ == &transaction) {
    requesting_ = nullptr;
    request_phase_ended_late_ = true;
    request_phase_end_ = time;
  }
  const bool is_answer = phase == tlm::BEGIN_RESP;
  if (is_answer) answered(transaction, time);
  notify();
  return is_answer ? tlm::TLM_COMPLETED  // there is room for every answer: END_RESP at once
                   : tlm::TLM_ACCEPTED;
}

/// Answers are delivered in the order of requests, one an edge; all that are known are passed on at once.
void MemoryPort::answered(Transaction& transaction, std::uint64_t time) {
  transaction.answered = true;
  transaction.answer_time = time;
  ChannelState& channel = state(transaction.extension.channel);
  while (!channel.unanswered.empty() && channel.unanswered.front()->answered) {
    Transaction& oldest = *channel.unanswered.front();
    channel.unanswered.pop_front();
    channel.last_delivered = std::max(clock_.after(oldest.answer_time), channel.last_delivered + 1);
    channel.delivered[channel.next_delivery] = channel.last_delivered;
    if (++channel.next_delivery == channel.delivered.size()) channel.next_delivery = 0;
    channel.source->answer({oldest.is_response_error(), oldest.data.data()}, channel.last_delivered + 1);
    oldest.release();
  }
  plan(channel);
  if (channel.unanswered.empty() && channel.push == kNever) channel.source->settle();
}

void MemoryPort::serve(MemoryChannel which) {
  ChannelState& channel = state(which);
  while (true) {
    wait(*channel.call);
    Transaction& transaction = *channel.unanswered.back();
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(transaction, delay);
    answered(transaction, (sc_core::sc_time_stamp() + delay).value());
    notify();
  }
}

MemoryPort::Transaction& MemoryPort::take_from_pool(MemoryChannel which) {
  if (pool_.empty()) {
    all_.push_back(std::make_unique<Transaction>(this));
    pool_.push_back(all_.back().get());
  }
  Transaction& transaction = *pool_.back();
  pool_.pop_back();
  transaction.extension.channel = which;
  transaction.acquire();
  return transaction;
}

void MemoryPort::free(tlm::tlm_generic_payload* payload) {
  payload->reset();  // extensions that others attached for the transaction's life
  pool_.push_back(static_cast<Transaction*>(payload));
}

}  // namespace bitbalance::tlm_level
