// A memory that level `analytic` asks burst by burst, without data: when it answers follows from the requests
// alone. Below BurstTimeline, above models of memories.
#pragma once

#include <cstdint>

#include "hw/isa/edge.h"
#include "hw/isa/transfer/burst_request.h"
#include "hw/isa/transfer/memory_channel.h"
#include "hw/timeline/names.h"

namespace bitbalance::timeline {

class BurstMemory {
 public:
  class Client {
   public:
    virtual ~Client() = default;
    /// `edge`: the first one strictly later than the answer's time.
    virtual void answered(MemoryChannel channel, std::uint32_t number, Edge edge) = 0;
  };

  virtual ~BurstMemory() = default;
  /// The request leaves at `edge`, not before that of the last request or advance(). `number`: tells the
  /// channel's requests under way apart, 0 to max_outstanding - 1.
  virtual void request(MemoryChannel channel, std::uint32_t number, const BurstRequest& burst, Edge edge) = 0;
  /// Takes time on until requests are answered, not beyond `limit` or the edge of an answer: nothing is
  /// requested before either. Returns whether any was. In whatever order; an answer may be told ahead of its
  /// time.
  virtual bool advance(Edge limit, Client& client) = 0;
};

}  // namespace bitbalance::timeline
