#include "hw/timeline/bursts/burst_port.h"

#include <algorithm>

namespace bitbalance::timeline {

BurstPort::BurstPort(const DramInterfaceConfig& config,
                     const std::array<BurstSource*, kMemoryChannels>& sources) {
  const int outstanding = config.use_nb_transport ? config.max_outstanding : 1;
  for (std::size_t c = 0; c < kMemoryChannels; ++c) {
    channels_[c].source = sources[c];
    channels_[c].delivered.assign(static_cast<std::size_t>(outstanding), kLongAgo);
  }
}

/// The channel is two entries deep: a request is pushed when the last but one has left, at the earliest.
void BurstPort::plan(MemoryChannel which) {
  Channel& channel = state(which);
  channel.push = channel.source->push_edge(channel.sent_before + 1);
  const Edge place = channel.delivered[channel.oldest];
  channel.send = channel.push == kNever || place == kNever
                     ? kNever
                     : std::max({channel.push + 1, channel.sent + 1, place});
}

Edge BurstPort::next_send() const {
  Edge next = kNever;
  for (const Channel& channel : channels_) next = std::min(next, channel.send);
  return next;
}

BurstRequest BurstPort::send(MemoryChannel which, Edge edge) {
  Channel& channel = state(which);
  channel.sent_before = channel.sent;
  channel.sent = edge;
  const BurstRequest request = channel.source->push(channel.push);
  if (observer_ != nullptr) observer_->burst_sent(which, request.address, request.bytes, edge);
  channel.delivered_before = channel.delivered[channel.oldest];
  channel.delivered[channel.oldest] = kNever;
  if (++channel.oldest == channel.delivered.size()) channel.oldest = 0;
  ++channel.unanswered;
  return request;
}

void BurstPort::deliver(MemoryChannel which, const BurstAnswer& answer, Edge edge) {
  Channel& channel = state(which);
  --channel.unanswered;
  channel.last_delivered = std::max(edge, channel.last_delivered + 1);
  channel.delivered[channel.next_delivery] = channel.last_delivered;
  if (observer_ != nullptr) observer_->burst_answered(which, channel.last_delivered);
  if (++channel.next_delivery == channel.delivered.size()) channel.next_delivery = 0;
  channel.source->answer(answer, channel.last_delivered + 1);
}

void BurstPort::settle(MemoryChannel which) {
  plan(which);
  const Channel& channel = state(which);
  if (channel.unanswered == 0 && channel.push == kNever) channel.source->settle();
}

Edge BurstPort::last_delivery(Edge limit) const {
  Edge last = kLongAgo;
  for (const Channel& channel : channels_) {
    last = std::max(last, std::min(limit, channel.delivered_before));
    for (const Edge delivered : channel.delivered) {
      if (delivered <= limit) last = std::max(last, delivered);
    }
  }
  return last;
}

Edge BurstPort::next_delivery(MemoryChannel which, Edge edge) const {
  Edge next = kNever;
  for (const Edge delivered : state(which).delivered) {
    if (delivered > edge) next = std::min(next, delivered);
  }
  return next;
}

}  // namespace bitbalance::timeline
