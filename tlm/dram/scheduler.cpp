#include "tlm/dram/scheduler.h"

#include <algorithm>
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
  const Cycle cycle = view.device.earliest({kind, burst.at}, view.now);
  return cycle < view.blocked_from[burst.at.bank] ? cycle : kNever;
}

Choice choose_oldest(const BurstQueue& queue, const ChannelView& view) {
  if (queue.empty()) return {};
  const CommandKind kind = next_command(queue[0], view.device);
  return {earliest(queue[0], kind, view), kind, 0};
}

/// The oldest burst alone: what the others cost is a lower bound for every other policy.
class Fcfs : public Scheduler {
 public:
  Choice choose(const BurstQueue& queue, const ChannelView& view) const override {
    return choose_oldest(queue, view);
  }
};

/// First ready, first come: of the commands that can be issued first, a read or write before an activate or
/// precharge, then the oldest. A bank keeps its row as long as a queued burst wants it, up to a limit.
class FrFcfs : public Scheduler {
 public:
  explicit FrFcfs(int row_hit_limit) : row_hit_limit_(row_hit_limit) {}

  Choice choose(const BurstQueue& queue, const ChannelView& view) const override {
    if (queue.is_of_one_row()) return choose_oldest(queue, view);
    const Device& device = view.device;
    std::uint64_t asked_column = 0, asked_row = 0;  // banks that an older burst has asked
    Choice best;
    bool best_is_column = false;
    for (std::size_t i = 0; i < queue.size(); ++i) {
      const Burst& burst = queue[i];
      const bool is_column = device.open_row(burst.at.bank) == burst.at.row && device.is_awake(burst.at.rank);
      if (((is_column ? asked_column : asked_row) & bit(burst)) != 0) continue;
      const CommandKind kind = next_command(burst, device);
      const bool worn = view.row_hits[burst.at.bank] >= row_hit_limit_;
      if (is_column) {
        if (worn && (asked_row & bit(burst)) != 0) continue;
        asked_column |= bit(burst);
      } else {
        asked_row |= bit(burst);
        const bool older_hit = (asked_column & bit(burst)) != 0;
        if (kind == CommandKind::kPrecharge && (!worn || older_hit) &&
            is_wanted(burst.at.bank, queue, device))
          continue;
      }
      const Cycle cycle = earliest(burst, kind, view);
      if (cycle < best.cycle || (cycle == best.cycle && cycle != kNever && is_column && !best_is_column)) {
        best = {cycle, kind, i};
        best_is_column = is_column;
      }
    }
    return best;
  }

 private:
  static std::uint64_t bit(const Burst& burst) { return std::uint64_t{1} << burst.at.bank; }
  /// Whether a queued burst wants the bank's open row.
  static bool is_wanted(int bank, const BurstQueue& queue, const Device& device) {
    return std::any_of(queue.begin(), queue.end(), [bank, row = device.open_row(bank)](const Burst& burst) {
      return burst.at.bank == bank && burst.at.row == row;
    });
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
