// The memory port without its protocol: at which edges the bursts of three channels (command, read, write)
// leave, several outstanding on each, and at which answers are delivered (docs/timing.md, "Memory port").
// Between the transfers and whatever carries bursts to a memory.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/isa/account/execution_observer.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/memory_channel.h"
#include "hw/timeline/bursts/burst_source.h"

namespace bitbalance::timeline {

class BurstPort {
 public:
  /// `sources`: by MemoryChannel. Keeps the pointers.
  BurstPort(const DramInterfaceConfig& config, const std::array<BurstSource*, kMemoryChannels>& sources);

  /// Told about bursts; nullptr: nobody.
  void set_observer(ExecutionObserver* observer) { observer_ = observer; }

  /// The channel's source may have another request.
  void plan(MemoryChannel channel);
  /// First edge at which the channel's next request can leave; kNever: there is none, or an answer decides.
  Edge send_edge(MemoryChannel channel) const { return state(channel).send; }
  /// Of all channels.
  Edge next_send() const;
  /// It leaves at `edge`. plan() follows, once it is on its way.
  BurstRequest send(MemoryChannel channel, Edge edge);
  /// The answer to the channel's oldest request can be delivered from `edge` on: one an edge. settle()
  /// follows, after the last answer that is known.
  void deliver(MemoryChannel channel, const BurstAnswer& answer, Edge edge);
  /// Plans, and tells the source if nothing is under way or to come.
  void settle(MemoryChannel channel);

  /// Requests without an answer, at most.
  int outstanding() const { return static_cast<int>(channels_.front().delivered.size()); }
  /// Edges of the last request that left and of the one before.
  Edge last_sent(MemoryChannel channel) const { return state(channel).sent; }
  Edge sent_before(MemoryChannel channel) const { return state(channel).sent_before; }
  /// Last edge up to `limit` at which an answer is delivered, of all channels.
  Edge last_delivery(Edge limit) const;
  /// First edge after `edge` at which one is delivered, as far as is known; kNever: none.
  Edge next_delivery(MemoryChannel channel, Edge edge) const;

 private:
  static constexpr Edge kLongAgo = -4;

  struct Channel {
    BurstSource* source = nullptr;
    std::vector<Edge> delivered;       ///< of the last `outstanding` requests, a ring; kNever: not yet
    Edge delivered_before = kLongAgo;  ///< of the request before these
    std::size_t oldest = 0;
    std::size_t next_delivery = 0;  ///< place of the oldest without an answer
    int unanswered = 0;
    Edge sent = kLongAgo, sent_before = kLongAgo, last_delivered = kLongAgo;
    Edge push = kNever;  ///< of the next request
    Edge send = kNever;  ///< first edge at which it can leave
  };

  Channel& state(MemoryChannel c) { return channels_[enum_index(c)]; }
  const Channel& state(MemoryChannel c) const { return channels_[enum_index(c)]; }

  std::array<Channel, kMemoryChannels> channels_;
  ExecutionObserver* observer_ = nullptr;
};

}  // namespace bitbalance::timeline
