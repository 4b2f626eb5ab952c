#include "tlm/dram/scheduler.h"

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

/// The oldest burst alone: what the others cost is a lower bound for every other policy.
class Fcfs : public Scheduler {
 public:
  Choice choose(const BurstQueue& queue, const ChannelView& view) const override {
    if (queue.empty()) return {};
    const CommandKind kind = next_command(queue.front(), view.device);
    return {earliest(queue.front(), kind, view), kind, 0};
  }
};

/// First ready, first come: of the commands that can be issued first, a read or write before an activate or
/// precharge, then the oldest. A bank keeps its row as long as a queued burst wants it, up to a limit.
class FrFcfs : public Scheduler {
 public:
  explicit FrFcfs(int row_hit_limit) : row_hit_limit_(row_hit_limit) {}

  Choice choose(const BurstQueue& queue, const ChannelView& view) const override {
    std::uint64_t wanted = 0;  // banks, one bit each: a burst wants the open row
    for (const Burst& burst : queue) {
      if (view.device.open_row(burst.at.bank) == burst.at.row) wanted |= bit(burst);
    }
    std::uint64_t asked_column = 0, asked_row = 0;  // banks that an older burst has asked
    Choice best;
    bool best_is_column = false;
    for (std::size_t i = 0; i < queue.size(); ++i) {
      const Burst& burst = queue[i];
      const CommandKind kind = next_command(burst, view.device);
      const bool is_column = dram::is_column(kind);
      const bool worn = view.row_hits[burst.at.bank] >= row_hit_limit_;
      if (is_column) {
        const bool must_wait = worn && (asked_row & bit(burst)) != 0;
        if (must_wait || (asked_column & bit(burst)) != 0) continue;
        asked_column |= bit(burst);
      } else {
        if ((asked_row & bit(burst)) != 0) continue;
        asked_row |= bit(burst);
        const bool still_open = (wanted & bit(burst)) != 0;
        const bool older_hit = (asked_column & bit(burst)) != 0;
        if (kind == CommandKind::kPrecharge && still_open && (!worn || older_hit)) continue;
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

  const int row_hit_limit_;
};

}  // namespace

std::unique_ptr<Scheduler> make_scheduler(const ControllerConfig& config) {
  if (config.scheduler == SchedulerPolicy::kFcfs) return std::make_unique<Fcfs>();
  return std::make_unique<FrFcfs>(config.row_hit_limit);
}

}  // namespace bitbalance::dram
