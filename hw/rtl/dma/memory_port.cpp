#include "hw/rtl/dma/memory_port.h"

#include <fmt/format.h>

#include <cstring>

#include "base/text/enum_index.h"

namespace bitbalance::rtl {
namespace {

constexpr std::array<MemoryChannel, kMemoryChannels> kChannels = {
    MemoryChannel::kCommand, MemoryChannel::kRead, MemoryChannel::kWrite};

}  // namespace

MemoryPort::Lane::Lane(MemoryChannel channel)
    : requests(fmt::format("{}_requests", to_string(channel)).c_str()),
      responses(fmt::format("{}_responses", to_string(channel)).c_str()) {}

MemoryPort::MemoryPort(const sc_core::sc_module_name& name, const DramInterfaceConfig& config,
                       const AcceleratorOptions& options)
    : Clocked(name), BurstInitiator(config, options) {
  for (InFlight& channel : channels_)
    channel.ring.resize(config.use_nb_transport ? static_cast<std::size_t>(config.max_outstanding) : 1);
}

std::string MemoryPort::pending() const {
  std::string text;
  for (const MemoryChannel which : kChannels) {
    const InFlight& channel = channels_[enum_index(which)];
    if (channel.outstanding == 0) continue;
    text += fmt::format("{}{}: {} transactions, oldest at {:#x}", text.empty() ? "" : "; ", to_string(which),
                        channel.outstanding, channel.ring[channel.head]->request.address);
  }
  return text;
}

void MemoryPort::on_clock() {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  for (const MemoryChannel which : kChannels) {
    if (channels_[enum_index(which)].outstanding != 0) deliver(which, now);
  }
  for (const MemoryChannel which : kChannels) {
    const InFlight& channel = channels_[enum_index(which)];
    if (channel.outstanding < channel.ring.size() && lanes[enum_index(which)].requests.can_pop() &&
        can_send())
      issue(which);
  }
  if (is_blocked()) sleep();
}

/// Nothing can be done before a request, room for a response or the memory comes.
bool MemoryPort::is_blocked() const {
  for (const MemoryChannel which : kChannels) {
    const InFlight& channel = channels_[enum_index(which)];
    const Lane& lane = lanes[enum_index(which)];
    if (channel.outstanding != 0) {
      const Transaction& oldest = *channel.ring[channel.head];
      if (oldest.answered && (oldest.forgotten || !lane.responses.full())) return false;
    }
    if (channel.outstanding < channel.ring.size() && !lane.requests.empty()) return false;
  }
  return true;
}

void MemoryPort::reset() {
  for (InFlight& channel : channels_) {
    for (std::size_t i = 0; i < channel.outstanding; ++i)
      channel.ring[(channel.head + i) % channel.ring.size()]->forgotten = true;
  }
}

void MemoryPort::deliver(MemoryChannel which, std::uint64_t now) {
  InFlight& channel = channels_[enum_index(which)];
  const Transaction& transaction = *channel.ring[channel.head];
  if (!transaction.answered || transaction.answer_time >= now) return;
  if (transaction.forgotten) return retire(channel);
  PushPort<MemoryResponse>& responses = lanes[enum_index(which)].responses;
  if (!responses.can_push()) return;
  MemoryResponse& response = responses.push();
  response.error = transaction.failed;
  response.bytes = static_cast<std::uint16_t>(transaction.request.bytes);
  if (transaction.request.data == nullptr)
    std::memcpy(response.data.data(), transaction.data.data(), response.bytes);
  if (last_response_ != edge()) {
    response_before_ = last_response_;
    last_response_ = edge();
  }
  if (observer_ != nullptr) observer_->burst_answered(which, edge());
  retire(channel);
}

void MemoryPort::retire(InFlight& channel) {
  channel.ring[channel.head]->release();
  --channel.outstanding;
  if (++channel.head == channel.ring.size()) channel.head = 0;
}

void MemoryPort::issue(MemoryChannel which) {
  PopPort<MemoryRequest>& requests = lanes[enum_index(which)].requests;
  const MemoryRequest& request = requests.front();
  const std::uint8_t* const data = which == MemoryChannel::kWrite ? request.data.data() : nullptr;
  Transaction& transaction = prepare(which, {request.address, request.bytes, data});
  if (observer_ != nullptr) observer_->burst_sent(which, request.address, request.bytes, edge());
  requests.pop();
  InFlight& channel = channels_[enum_index(which)];
  std::size_t place = channel.head + channel.outstanding;
  if (place >= channel.ring.size()) place -= channel.ring.size();
  channel.ring[place] = &transaction;
  ++channel.outstanding;
  send(transaction);
}

void MemoryPort::describe(SignalList& signals) const {
  for (const MemoryChannel which : kChannels) {
    signals.add(*this, fmt::format("{}.outstanding", to_string(which)),
                channels_[enum_index(which)].outstanding, 7);
  }
}

}  // namespace bitbalance::rtl
