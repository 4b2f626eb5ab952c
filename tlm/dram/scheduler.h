// Which command of a queue goes next: the policy of a controller. Looks at queue and device, changes neither.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tlm/dram/device.h"

namespace bitbalance::dram {

/// One burst of a transaction.
struct Burst {
  std::uint32_t transaction = 0;  ///< for whoever asked
  Location at;
  std::uint64_t number = 0;  ///< address / bytes of a burst
  std::uint32_t bytes = 0;   ///< that are asked for
  bool is_write = false;
  bool is_masked = false;  ///< a write of part of the burst that is a command of its own
  Cycle entered = 0;       ///< the queue
  bool was_activated = false, was_precharged = false;  ///< for its sake
};

/// In order of age.
using BurstQueue = std::vector<Burst>;

/// The command that a queue would issue next, and when.
struct Choice {
  Cycle cycle = kNever;
  CommandKind kind = CommandKind::kActivate;
  std::size_t burst = 0;  ///< index into the queue
};

/// What a scheduler sees of a channel.
struct ChannelView {
  const Device& device;
  Cycle now = 0;                           ///< no command begins earlier
  const std::vector<Cycle>& blocked_from;  ///< by bank: from then on nothing but what a refresh needs
  const std::vector<int>& row_hits;        ///< by bank: bursts since its row was opened
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// The first command that a burst of the queue can issue; a read or write is
  /// kRead, kWrite or kMaskedWrite.
  virtual Choice choose(const BurstQueue& queue, const ChannelView& view) const = 0;
};

std::unique_ptr<Scheduler> make_scheduler(const ControllerConfig& config);

}  // namespace bitbalance::dram
