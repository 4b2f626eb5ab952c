// Which command of a queue goes next: the policy of a controller. Looks at queue and device, changes neither.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tlm/dram/controller/burst_queue.h"
#include "tlm/dram/device.h"

namespace bitbalance::dram {

/// The command that a queue would issue next, and when.
struct Choice {
  Cycle cycle = kNever;
  std::uint64_t arrival = 0;  ///< of the burst
  BurstQueue::Place burst = BurstQueue::kNone;
  CommandKind kind = CommandKind::kActivate;
  bool is_other = false;  ///< the burst is of the other queue
};

/// What a scheduler sees of a channel.
struct ChannelView {
  const Device& device;
  Cycle now = 0;                           ///< no command begins earlier
  const std::vector<Cycle>& blocked_from;  ///< by bank: from then on nothing but what a refresh needs
  const std::vector<int>& row_hits;        ///< by bank: bursts since its row was opened
  const BurstQueue& other;                 ///< of the direction whose turn it is not
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// The first command that a burst of the queue can issue; a read or write is
  /// kRead, kWrite or kMaskedWrite. Instead of closing a bank that was opened for a burst of the other queue,
  /// which still waits, it is that burst's read or write.
  virtual Choice choose(const BurstQueue& queue, const ChannelView& view) const = 0;
  /// What choose() says once a burst has come to the queue, if it said `choice` before and that command can
  /// still begin.
  virtual Choice reconsider(const Choice& choice, BurstQueue::Place added, const BurstQueue& queue,
                            const ChannelView& view) const = 0;
};

std::shared_ptr<const Scheduler> make_scheduler(const Config& config);

}  // namespace bitbalance::dram
