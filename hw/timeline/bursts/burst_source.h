// A unit that pushes requests into a channel of the memory port and pops the answers. Above BurstPort.
#pragma once

#include "hw/isa/edge.h"
#include "hw/isa/transfer/burst_request.h"
#include "hw/timeline/names.h"

namespace bitbalance::timeline {

class BurstSource {
 public:
  virtual ~BurstSource() = default;
  /// Edge at which the next request is pushed when the channel has room from `room` on; kNever: there is
  /// none, or an answer decides.
  virtual Edge push_edge(Edge room) const = 0;
  /// The next request; it was pushed at `edge`.
  virtual BurstRequest push(Edge edge) = 0;
  /// The oldest request's answer; popped at `edge`, which lies in the future.
  virtual void answer(const BurstAnswer& answer, Edge edge) = 0;
  /// All requests have been answered, and what is known asks for no more.
  virtual void settle() {}
};

}  // namespace bitbalance::timeline
