// When the records of a program reach the controller under the `ideal` memory: at most kPrefetch of them are
// on their way or wait to be dispatched. Below the timelines that go through a program once.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/names.h"

namespace bitbalance::timeline {

class CommandFetch {
 public:
  CommandFetch(const IdealMemoryTiming& memory, const DramInterfaceConfig& dram)
      : channel_(memory, dram), duration_(DataDurations(memory).of(kCommandBytes)) {}

  /// A program starts at edge 0.
  void restart() {
    channel_.forget();
    records_ = 0;
    // The answer to the header asks for the first record.
    requested_ = channel_.request(0, duration_) - 1;
  }
  /// Edge at which the next record is there, fetched as early as it can be.
  Edge next() {
    requested_ = std::max(requested_ + 1, channel_.room());
    if (records_ >= kAhead) requested_ = std::max(requested_, dispatches_[records_ % kAhead]);
    return channel_.request(requested_, duration_);
  }
  /// That record is dispatched at `edge`.
  void dispatched(Edge edge) { dispatches_[records_++ % kAhead] = edge; }

 private:
  static constexpr std::size_t kAhead = AcceleratorConfig::kPrefetch;

  ChannelTiming channel_;
  DataDurations::Duration duration_;
  std::size_t records_ = 0;
  Edge requested_ = 0;
  std::array<Edge, kAhead> dispatches_{};  ///< of the last records, by number
};

}  // namespace bitbalance::timeline
