#include "tlm/dram/controller/scheduler.h"

#include <algorithm>
#include <stdexcept>

namespace bitbalance::dram {
namespace {

/// Of a burst whose row is open.
CommandKind transfer_of(const Burst& burst) {
  if (!burst.is_write) return CommandKind::kRead;
  return burst.is_masked ? CommandKind::kMaskedWrite : CommandKind::kWrite;
}

CommandKind end_of(Device::Sleep sleep) {
  return sleep == Device::Sleep::kPowerDown ? CommandKind::kPowerUp : CommandKind::kSelfRefreshExit;
}

inline Choice choice_of(CommandKind kind, const BurstQueue& queue, BurstQueue::Place place,
                        const ChannelView& view) {
  const Burst& burst = queue[place];
  const Cycle cycle = view.device.earliest(kind, burst.at, view.now);
  return {cycle < view.blocked_from[burst.at.bank] ? cycle : kNever, burst.arrival, place, kind};
}

/// What goes next in the bank of its oldest burst: that burst, or one ahead of it that wants the open row, up
/// to a limit. No row is closed unused: a bank that was opened for a burst of the other queue is left to that
/// burst first. Where a kind is written down, the compiler leaves the questions about the others out.
inline Choice choose_in_bank(const BurstQueue& queue, BurstQueue::Place oldest, int row_hit_limit,
                             const ChannelView& view) {
  const Burst& burst = queue[oldest];
  const Device::Sleep sleep = view.device.sleep(burst.at.rank);
  if (sleep != Device::Sleep::kAwake) return choice_of(end_of(sleep), queue, oldest, view);
  const int bank = burst.at.bank, row = view.device.open_row(bank);
  if (row == Device::kNoRow) return choice_of(CommandKind::kActivate, queue, oldest, view);
  if (row == burst.at.row) return choice_of(transfer_of(burst), queue, oldest, view);
  if (view.row_hits[bank] < row_hit_limit) {
    const BurstQueue::Place hit = queue.oldest_of_row(oldest, row);
    if (hit != BurstQueue::kNone) return choice_of(transfer_of(queue[hit]), queue, hit, view);
  }
  const BurstQueue::Place opener = view.other.opener(bank);
  if (opener == BurstQueue::kNone) return choice_of(CommandKind::kPrecharge, queue, oldest, view);
  Choice choice = choice_of(transfer_of(view.other[opener]), view.other, opener, view);
  choice.is_other = true;
  return choice;
}

/// The oldest burst alone: what the others cost is a lower bound for every other policy.
class Fcfs : public Scheduler {
 public:
  Choice choose(const BurstQueue& queue, const ChannelView& view) const override {
    if (queue.empty()) return {};
    return choose_in_bank(queue, queue.oldest(), 0, view);
  }
  Choice reconsider(const Choice& choice, BurstQueue::Place /*added*/, const BurstQueue& /*queue*/,
                    const ChannelView& /*view*/) const override {
    return choice;
  }
};

/// First ready, first come: of the commands that can be issued first, a read or write before an activate or
/// precharge, then the oldest. A bank keeps its row as long as a queued burst wants it, up to a limit.
/// An activate that is shorter than a read does not go ahead of one that can begin with it: with many banks,
/// refreshes would close each row before it is read, over and over.
class FrFcfs : public Scheduler {
 public:
  explicit FrFcfs(const Config& config)
      : row_hit_limit_(config.controller.row_hit_limit),
        column_extra_(std::max(0, config.commands.column - config.commands.activate)) {}

  Choice choose(const BurstQueue& queue, const ChannelView& view) const override {
    Choice best;
    for (std::uint64_t banks = queue.banks(); banks != 0; banks &= banks - 1) {
      const Choice choice = choose(lowest_one(banks), queue, view);
      if (choice.cycle != kNever && goes_before(choice, best)) best = choice;
    }
    return best;
  }
  Choice reconsider(const Choice& choice, BurstQueue::Place added, const BurstQueue& queue,
                    const ChannelView& view) const override {
    const int bank = queue[added].at.bank;
    if (choice.burst == BurstQueue::kNone) return choose(queue, view);
    const BurstQueue& chosen = choice.is_other ? view.other : queue;
    if (chosen[choice.burst].at.bank == bank) return choose(queue, view);
    const Choice other = choose(bank, queue, view);
    return other.cycle != kNever && goes_before(other, choice) ? other : choice;
  }

 private:
  Choice choose(int bank, const BurstQueue& queue, const ChannelView& view) const {
    return choose_in_bank(queue, queue.oldest(bank), row_hit_limit_, view);
  }

  bool goes_before(const Choice& a, const Choice& b) const {
    const bool a_moves_data = is_column(a.kind), b_moves_data = is_column(b.kind);
    const Cycle a_end = a.cycle - (a_moves_data ? column_extra_ : 0);
    const Cycle b_end = b.cycle - (b_moves_data ? column_extra_ : 0);
    if (a_end != b_end) return a_end < b_end;
    if (a_moves_data != b_moves_data) return a_moves_data;
    return a.arrival < b.arrival;
  }

  const int row_hit_limit_;
  const int column_extra_;  ///< clocks that a read or write takes longer than an activate
};

}  // namespace

std::shared_ptr<const Scheduler> make_scheduler(const Config& config) {
  switch (config.controller.scheduler) {
    case SchedulerPolicy::kFrFcfs:
      return std::make_shared<FrFcfs>(config);
    case SchedulerPolicy::kFcfs:
      return std::make_shared<Fcfs>();
  }
  throw std::invalid_argument("DRAM: a scheduler that nobody has written");
}

}  // namespace bitbalance::dram
