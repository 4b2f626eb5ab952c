#include "hw/rtl/memory_port.h"

#include <fmt/format.h>

#include <cstring>

namespace bitbalance::rtl {

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
                       const std::array<Lane, kMemoryChannels>& lanes)
    : sc_module(name),
      clk("clk"),
      socket("socket"),
      config_(config),
      channels_{ChannelState(lanes[0]), ChannelState(lanes[1]), ChannelState(lanes[2])} {
  SC_HAS_PROCESS(MemoryPort);
  socket.register_nb_transport_bw(this, &MemoryPort::nb_transport_bw);
  SC_METHOD(on_clock);
  sensitive << clk.pos();
  dont_initialize();
  for (int c = 0; c < kMemoryChannels; ++c) {
    ChannelState& channel = channels_[static_cast<std::size_t>(c)];
    channel.ring.resize(config.use_nb_transport ? static_cast<std::size_t>(config.max_outstanding) : 1);
    if (!config.use_nb_transport) {
      channel.call = std::make_unique<sc_core::sc_event>();
      sc_core::sc_spawn([this, c] { serve(static_cast<MemoryChannel>(c)); },
                        fmt::format("serve_{}", to_string(static_cast<MemoryChannel>(c))).c_str());
    }
    for (std::size_t i = 0; i < channel.ring.size(); ++i) {
      all_.push_back(std::make_unique<Transaction>(this));
      pool_.push_back(all_.back().get());
    }
  }
}

MemoryPort::~MemoryPort() = default;

bool MemoryPort::idle() const {
  for (const ChannelState& channel : channels_) {
    if (channel.outstanding != 0) return false;
  }
  return true;
}

std::string MemoryPort::pending() const {
  std::string text;
  for (int c = 0; c < kMemoryChannels; ++c) {
    const ChannelState& channel = channels_[static_cast<std::size_t>(c)];
    if (channel.outstanding == 0) continue;
    text += fmt::format("{}{}: {} transactions, oldest at {:#x}", text.empty() ? "" : "; ",
                        to_string(static_cast<MemoryChannel>(c)), channel.outstanding,
                        channel.ring[channel.head]->request_address);
  }
  return text;
}

void MemoryPort::on_clock() {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  for (ChannelState& channel : channels_) {
    if (channel.outstanding != 0) deliver(channel, now);
  }
  for (int c = 0; c < kMemoryChannels; ++c) {
    ChannelState& channel = channels_[static_cast<std::size_t>(c)];
    if (channel.outstanding < channel.ring.size() && channel.lane.request.can_pop() &&
        request_phase_is_free()) {
      issue(static_cast<MemoryChannel>(c), channel);
    }
  }
}

void MemoryPort::deliver(ChannelState& channel, std::uint64_t now) {
  Transaction& transaction = *channel.ring[channel.head];
  if (!transaction.answered || transaction.answer_time >= now || !channel.lane.response.can_push()) return;
  response_.error = transaction.is_response_error();
  response_.bytes = static_cast<std::uint16_t>(transaction.get_data_length());
  if (transaction.is_read()) std::memcpy(response_.data.data(), transaction.data.data(), response_.bytes);
  channel.lane.response.push(response_);
  transaction.release();
  ++responses_;
  --channel.outstanding;
  if (++channel.head == channel.ring.size()) channel.head = 0;
}

bool MemoryPort::request_phase_is_free() const {
  if (requesting_ != nullptr) return false;
  return !request_phase_ended_late_ || sc_core::sc_time_stamp().value() > request_phase_end_;
}

void MemoryPort::issue(MemoryChannel which, ChannelState& channel) {
  const MemoryRequest& request = channel.lane.request.front();
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
  if (which == MemoryChannel::kWrite)
    std::memcpy(transaction.data.data(), request.data.data(), request.bytes);
  channel.lane.request.pop();

  std::size_t place = channel.head + channel.outstanding;
  if (place >= channel.ring.size()) place -= channel.ring.size();
  channel.ring[place] = &transaction;
  ++channel.outstanding;
  if (config_.use_nb_transport) {
    send(transaction);
  } else {
    channel.call->notify();
  }
}

void MemoryPort::send(Transaction& transaction) {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  request_phase_ended_late_ = false;
  requesting_ = &transaction;  // the target may answer through the backward path within this call
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const tlm::tlm_sync_enum status = socket->nb_transport_fw(transaction, phase, delay);
  if (status == tlm::TLM_ACCEPTED) return;
  if (requesting_ == &transaction) requesting_ = nullptr;
  if (status == tlm::TLM_COMPLETED) {
    transaction.answered = true;
    transaction.answer_time = now + delay.value();
    return;
  }
  if (delay != sc_core::SC_ZERO_TIME) {
    request_phase_ended_late_ = true;
    request_phase_end_ = now + delay.value();
  }
  if (phase == tlm::BEGIN_RESP) {
    transaction.answered = true;
    transaction.answer_time = now + delay.value();
    phase = tlm::END_RESP;
    socket->nb_transport_fw(transaction, phase, delay);
  }
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
  if (phase == tlm::END_REQ) return tlm::TLM_ACCEPTED;
  transaction.answered = true;
  transaction.answer_time = time;
  return tlm::TLM_COMPLETED;  // there is room for every answer: END_RESP at once
}

void MemoryPort::serve(MemoryChannel which) {
  ChannelState& channel = channels_[static_cast<std::size_t>(which)];
  while (true) {
    wait(*channel.call);
    Transaction& transaction = *channel.ring[channel.head];
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(transaction, delay);
    transaction.answered = true;
    transaction.answer_time = (sc_core::sc_time_stamp() + delay).value();
  }
}

MemoryPort::Transaction& MemoryPort::take_from_pool(MemoryChannel which) {
  if (pool_.empty()) {  // a target that keeps references longer than the protocol needs
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

void MemoryPort::describe(SignalList& signals) const {
  for (int c = 0; c < kMemoryChannels; ++c) {
    signals.add(fmt::format("memory_port.{}.outstanding", to_string(static_cast<MemoryChannel>(c))),
                channels_[static_cast<std::size_t>(c)].outstanding, 7);
  }
}

}  // namespace bitbalance::rtl
