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

Cycle earliest(const Burst& burst, CommandKind kind, const ChannelView& view) {
  const Cycle cycle = view.device.earliest(kind, burst.at, view.now);
  return cycle < view.blocked_from[burst.at.bank] ? cycle : kNever;
}

/// The oldest burst alone: what the others cost is a lower bound for every other policy.
class Fcfs : public Scheduler {
 public:
  Choice choose(const BurstQueue& queue, const ChannelView& view) const override {
    if (queue.empty()) return {};
    const BurstQueue::Place oldest = queue.oldest();
    const CommandKind kind = next_command(queue[oldest], view.device);
    return {earliest(queue[oldest], kind, view), kind, oldest};
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
      Choice choice = choose(lowest_one(banks), queue, view);
      choice.cycle = earliest(queue[choice.burst], choice.kind, view);
      if (choice.cycle != kNever && goes_before(choice, best, queue)) best = choice;
    }
    return best;
  }
  Choice reconsider(const Choice& choice, BurstQueue::Place added, const BurstQueue& queue,
                    const ChannelView& view) const override {
    const int bank = queue[added].at.bank;
    if (choice.burst == BurstQueue::kNone || queue[choice.burst].at.bank == bank) return choose(queue, view);
    Choice other = choose(bank, queue, view);
    other.cycle = earliest(queue[other.burst], other.kind, view);
    return other.cycle != kNever && goes_before(other, choice, queue) ? other : choice;
  }

 private:
  /// What goes next in one bank: a burst of the open row, or the oldest of all.
  Choice choose(int bank, const BurstQueue& queue, const ChannelView& view) const {
    const BurstQueue::Place oldest = queue.oldest(bank);
    const CommandKind kind = next_command(queue[oldest], view.device);
    if (kind != CommandKind::kPrecharge || view.row_hits[bank] >= row_hit_limit_)
      return {kNever, kind, oldest};
    const BurstQueue::Place hit = queue.oldest_of_row(oldest, view.device.open_row(bank));
    if (hit == BurstQueue::kNone) return {kNever, kind, oldest};
    return {kNever, next_command(queue[hit], view.device), hit};
  }

  static bool goes_before(const Choice& a, const Choice& b, const BurstQueue& queue) {
    if (a.cycle != b.cycle) return a.cycle < b.cycle;
    const bool a_moves_data = is_column(a.kind), b_moves_data = is_column(b.kind);
    if (a_moves_data != b_moves_data) return a_moves_data;
    return queue.age(a.burst) < queue.age(b.burst);
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
