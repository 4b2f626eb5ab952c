// The controller of one DRAM channel: queues, scheduling, refresh. Steps from command to command, not from
// clock to clock. Between the address map and the devices.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "base/ring.h"
#include "tlm/dram/controller/refresh.h"
#include "tlm/dram/controller/scheduler.h"
#include "tlm/dram/controller/sleep.h"
#include "tlm/dram/figures/statistics.h"

namespace bitbalance::dram {

/// A burst is done: its data has been transferred, or it has entered the write queue (posted).
struct Completion {
  std::uint32_t transaction = 0;
  Cycle cycle = 0;
};

class Channel {
 public:
  explicit Channel(const Config& config);

  /// A burst arrives; it waits in front of its queue while that is full. `now` never decreases and is not
  /// earlier than the last step.
  void add(const Burst& burst, Cycle now);
  /// Cycle of the next command; kNever when there is none but refreshes of an idle channel, which advance()
  /// makes up for.
  Cycle next();
  /// Issues that command and returns it. Precondition: next() is not kNever.
  Command step();
  /// Issues what is queued, and returns the end of the last burst's data, or 0.
  Cycle finish();
  /// Makes up for the refreshes and the sleep before `now`, in which nothing was queued.
  void advance(Cycle now);
  /// Is told every command that the device has taken, those that advance() makes up for included.
  void observe(std::function<void(const Command&, Cycle)> observer) { observer_ = std::move(observer); }

  /// What is done since it was last cleared, in the order in which it was decided.
  std::vector<Completion>& completions() { return completions_; }
  /// Up to `now`, which is not earlier than the last call of anything.
  Counts counts(Cycle now);

 private:
  enum Direction : std::uint8_t { kRead, kWrite };
  struct Queue {
    BurstQueue bursts;
    Ring<Burst> waiting{};  ///< no place in the queue
  };

  Queue& queue(bool is_write) { return queues_[is_write ? kWrite : kRead]; }
  bool is_empty() const { return queues_[kRead].bursts.empty() && queues_[kWrite].bursts.empty(); }
  void admit(const Burst& burst, Cycle now);
  /// Whether what was decided stands, whose turn it is included, now that bursts have come.
  bool stands(Cycle now);
  bool is_forwarded(const Burst& burst) const;
  /// Whether the next command is on the command bus when a burst arrives: it stays.
  bool has_begun(Cycle now) const;
  /// Whether writes go ahead of reads.
  bool are_writes_many() const;
  /// Whether the write queue has filled or emptied.
  void note_watermarks();
  void update_direction();
  bool turn_ends() const;
  ChannelView view() const {
    return {device_, now_, refresh_.blocked_from(), row_hits_, queues_[!writing_].bursts};
  }
  void decide();
  /// Whether what a refresh needs goes first.
  void decide_on_refresh();
  void issue(const Command& command, Cycle cycle);
  Command transfer();
  bool closes_row(const Burst& burst) const;
  bool is_last_of_row(const Burst& burst) const;
  /// Notes that time has passed with the queues as they are.
  void account(Cycle now);
  void note_busy(Cycle from, Cycle to);

  const Config config_;
  Device device_;
  std::shared_ptr<const Scheduler> scheduler_;
  std::array<Queue, 2> queues_;
  bool writing_ = false;   ///< whose turn it is
  int turn_bursts_ = 0;    ///< of its direction, transferred since the turn began
  bool draining_ = false;  ///< write_high was exceeded, write_low not yet reached again

  RefreshPlan refresh_;
  SleepPlan sleep_;
  StateAccount states_;
  std::vector<int> row_hits_;  ///< by bank: bursts since its row was opened

  bool is_decided_ = false;
  Choice choice_;    ///< of the active queue, or of a bank that was opened for the other one
  Planned planned_;  ///< of a refresh, where it comes first
  bool is_planned_ = false;

  std::vector<Completion> completions_;
  Counts counts_;
  std::uint64_t arrivals_ = 0;  ///< in the queues
  Cycle now_ = 0;               ///< accounted up to here
  Cycle busy_until_ = 0;        ///< counted as busy up to here
  int last_direction_ = -1;     ///< of the data bus
  std::function<void(const Command&, Cycle)> observer_;
};

}  // namespace bitbalance::dram
