#include "hw/rtl/memory_port.h"

#include <fmt/format.h>

#include <cstring>

namespace bitbalance::rtl {

MemoryPort::MemoryPort(const sc_core::sc_module_name& name, const DramInterfaceConfig& config,
                       const std::array<Lane, kMemoryChannels>& lanes)
    : BurstInitiator(name, config),
      clk("clk"),
      channels_{ChannelState(lanes[0]), ChannelState(lanes[1]), ChannelState(lanes[2])} {
  SC_HAS_PROCESS(MemoryPort);
  SC_METHOD(on_clock);
  sensitive << clk.pos();
  dont_initialize();
  for (ChannelState& channel : channels_)
    channel.ring.resize(config.use_nb_transport ? static_cast<std::size_t>(config.max_outstanding) : 1);
}

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
                        channel.ring[channel.head]->request.address);
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
    if (channel.outstanding < channel.ring.size() && channel.lane.request.can_pop() && can_send()) {
      issue(static_cast<MemoryChannel>(c), channel);
    }
  }
}

void MemoryPort::deliver(ChannelState& channel, std::uint64_t now) {
  Transaction& transaction = *channel.ring[channel.head];
  if (!transaction.answered || transaction.answer_time >= now || !channel.lane.response.can_push()) return;
  response_.error = transaction.failed;
  response_.bytes = static_cast<std::uint16_t>(transaction.request.bytes);
  if (transaction.request.data == nullptr)
    std::memcpy(response_.data.data(), transaction.data.data(), response_.bytes);
  channel.lane.response.push(response_);
  transaction.release();
  ++responses_;
  --channel.outstanding;
  if (++channel.head == channel.ring.size()) channel.head = 0;
}

void MemoryPort::issue(MemoryChannel which, ChannelState& channel) {
  const MemoryRequest& request = channel.lane.request.front();
  const std::uint8_t* const data = which == MemoryChannel::kWrite ? request.data.data() : nullptr;
  Transaction& transaction = prepare(which, {request.address, request.bytes, data});
  channel.lane.request.pop();

  std::size_t place = channel.head + channel.outstanding;
  if (place >= channel.ring.size()) place -= channel.ring.size();
  channel.ring[place] = &transaction;
  ++channel.outstanding;
  send(transaction);
}

void MemoryPort::describe(SignalList& signals) const {
  for (int c = 0; c < kMemoryChannels; ++c) {
    signals.add(fmt::format("memory_port.{}.outstanding", to_string(static_cast<MemoryChannel>(c))),
                channels_[static_cast<std::size_t>(c)].outstanding, 7);
  }
}

}  // namespace bitbalance::rtl
