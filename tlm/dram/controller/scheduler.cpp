#include "tlm/dram/controller/scheduler.h"

#include <stdexcept>

namespace bitbalance::dram {
namespace {

CommandKind next_command(const Burst& burst, const Device& device) {
  const Device::Sleep sleep = device.sleep(burst.at.rank);
  if (sleep == Device::Sleep::kPowerDown) return CommandKind::kPowerUp;
  if (sleep == Device::Sleep::kSelfRefresh) return CommandKind::kSelfRefreshExit;
  const int row = device.open_row(burst.at.bank);
  if (row == Device::kNoRow) return CommandKind::kActivate;
  if (row != burst.at.row) return CommandKind::kPrecharge;
  if (!burst.is_write) return CommandKind::kRead;
  return burst.is_masked ? CommandKind::kMaskedWrite : CommandKind::kWrite;
}

Choice choice_of(CommandKind kind, const BurstQueue& queue, BurstQueue::Place place,
                 const ChannelView& view) {
  const Burst& burst = queue[place];
  const Cycle cycle = view.device.earliest(kind, burst.at, view.now);
  return {cycle < view.blocked_from[burst.at.bank] ? cycle : kNever, place, kind};
}

/// The command of a burst, by its kind. No row is closed unused: a bank that was opened for a burst of the
/// other queue is left to that burst first.
Choice next_choice(CommandKind kind, const BurstQueue& queue, BurstQueue::Place place,
                   const ChannelView& view) {
  if (kind == CommandKind::kPrecharge) {
    const BurstQueue::Place opener = view.other.opener(queue[place].at.bank);
    if (opener != BurstQueue::kNone) {
      Choice choice = choice_of(next_command(view.other[opener], view.device), view.other, opener, view);
      choice.is_other = true;
      return choice;
    }
  }
  return choice_of(kind, queue, place, view);
}

/// The oldest burst alone: what the others cost is a lower bound for every other policy.
class Fcfs : public Scheduler {
 public:
  Choice choose(const BurstQueue& queue, const ChannelView& view) const override {
    if (queue.empty()) return {};
    const BurstQueue::Place oldest = queue.oldest();
    return next_choice(next_command(queue[oldest], view.device), queue, oldest, view);
  }
  Choice reconsider(const Choice& choice, BurstQueue::Place /*added*/, const BurstQueue& /*queue*/,
                    const ChannelView& /*view*/) const override {
    return choice;
  }
};

/// First ready, first come: of the commands that can be issued first, a read or write before an activate or
/// precharge, then the oldest. A bank keeps its row as long as a queued burst wants it, up to a limit.
class FrFcfs : public Scheduler {
 public:
  explicit FrFcfs(int row_hit_limit) : row_hit_limit_(row_hit_limit) {}

  Choice choose(const BurstQueue& queue, const ChannelView& view) const override {
    Choice best;
    for (std::uint64_t banks = queue.banks(); banks != 0; banks &= banks - 1) {
      const Choice choice = choose(lowest_one(banks), queue, view);
      if (choice.cycle != kNever && goes_before(choice, best, queue, view)) best = choice;
    }
    return best;
  }
  Choice reconsider(const Choice& choice, BurstQueue::Place added, const BurstQueue& queue,
                    const ChannelView& view) const override {
    const int bank = queue[added].at.bank;
    if (choice.burst == BurstQueue::kNone || burst_of(choice, queue, view).at.bank == bank)
      return choose(queue, view);
    const Choice other = choose(bank, queue, view);
    return other.cycle != kNever && goes_before(other, choice, queue, view) ? other : choice;
  }

 private:
  /// What goes next in one bank: a burst of the open row, or the oldest of all.
  Choice choose(int bank, const BurstQueue& queue, const ChannelView& view) const {
    const BurstQueue::Place oldest = queue.oldest(bank);
    const CommandKind kind = next_command(queue[oldest], view.device);
    if (kind == CommandKind::kPrecharge && view.row_hits[bank] < row_hit_limit_) {
      const BurstQueue::Place hit = queue.oldest_of_row(oldest, view.device.open_row(bank));
      if (hit != BurstQueue::kNone) return choice_of(next_command(queue[hit], view.device), queue, hit, view);
    }
    return next_choice(kind, queue, oldest, view);
  }

  static const Burst& burst_of(const Choice& choice, const BurstQueue& queue, const ChannelView& view) {
    return (choice.is_other ? view.other : queue)[choice.burst];
  }

  static bool goes_before(const Choice& a, const Choice& b, const BurstQueue& queue,
                          const ChannelView& view) {
    if (a.cycle != b.cycle) return a.cycle < b.cycle;
    const bool a_moves_data = is_column(a.kind), b_moves_data = is_column(b.kind);
    if (a_moves_data != b_moves_data) return a_moves_data;
    return burst_of(a, queue, view).arrival < burst_of(b, queue, view).arrival;
  }

  const int row_hit_limit_;
};

}  // namespace

std::unique_ptr<Scheduler> make_scheduler(const ControllerConfig& config) {
  switch (config.scheduler) {
    case SchedulerPolicy::kFrFcfs:
      return std::make_unique<FrFcfs>(config.row_hit_limit);
    case SchedulerPolicy::kFcfs:
      return std::make_unique<Fcfs>();
  }
  throw std::invalid_argument("DRAM: a scheduler that nobody has written");
}

}  // namespace bitbalance::dram
