#include "tlm/dram/controller/sleep.h"

#include <algorithm>

namespace bitbalance::dram {

Planned SleepPlan::next(const Device& device, const RefreshPlan& refresh, int ranks, Cycle idle_since) const {
  Planned first;
  if (!is_on()) return first;
  for (int rank = 0; rank < ranks; ++rank) {
    const Planned planned = of_rank(device, refresh.place(rank), idle_since);
    if (planned.cycle < refresh.due(rank) && planned.cycle < first.cycle) first = planned;
  }
  return first;
}

Planned SleepPlan::of_rank(const Device& device, const Location& at, Cycle idle_since) const {
  using Sleep = Device::Sleep;
  const Sleep sleep = device.sleep(at.rank);
  if (sleep == Sleep::kSelfRefresh) return {};
  const Cycle self_refresh = self_refresh_after_ == 0 ? kNever : idle_since + self_refresh_after_;
  if (sleep == Sleep::kAwake && power_down_after_ != 0) {
    const Command down{CommandKind::kPowerDown, at};
    const Cycle cycle = device.earliest(down, idle_since + power_down_after_);
    if (cycle < self_refresh) return {cycle, down};
  }
  if (self_refresh == kNever) return {};
  Command command{CommandKind::kSelfRefresh, at};
  if (sleep == Sleep::kPowerDown) {
    command.kind = CommandKind::kPowerUp;
  } else if (device.any_open(at.rank)) {
    command.kind = CommandKind::kPrechargeAll;
  }
  return {device.earliest(command, self_refresh), command};
}

StateClocks& StateClocks::operator+=(const StateClocks& other) {
  precharge_standby += other.precharge_standby;
  precharge_power_down += other.precharge_power_down;
  active_power_down += other.active_power_down;
  self_refresh += other.self_refresh;
  return *this;
}

void StateAccount::add(const Rank& rank, Cycle at, StateClocks& clocks) {
  switch (rank.sleep) {
    case Device::Sleep::kAwake:
      // An auto-precharge may close the last row later than `at`.
      if (!rank.is_open) clocks.precharge_standby += std::max<Cycle>(0, at - rank.closed_from);
      break;
    case Device::Sleep::kPowerDown:
      (rank.is_open ? clocks.active_power_down : clocks.precharge_power_down) += at - rank.asleep_from;
      break;
    case Device::Sleep::kSelfRefresh:
      clocks.self_refresh += at - rank.asleep_from;
      break;
  }
}

void StateAccount::note(const Command& command, Cycle at, const Device& device) {
  if (keeps_rows(command.kind)) return;
  Rank& rank = ranks_[command.at.rank];
  const bool is_open = device.any_open(command.at.rank);
  const Device::Sleep sleep = device.sleep(command.at.rank);
  if (sleep != rank.sleep) {
    add(rank, at, clocks_);
    rank.sleep = sleep;
    rank.asleep_from = at;
    rank.closed_from = std::max(rank.closed_from, at);
    return;
  }
  if (is_open && !rank.is_open) add(rank, at, clocks_);
  // Of several auto-precharges the last one to end.
  const Cycle closed = command.kind == CommandKind::kPrechargeAll ? at : device.closed_from(command.at.bank);
  if (rank.is_open) rank.closed_from = std::max(rank.closed_from, closed);
  rank.is_open = is_open;
}

StateClocks StateAccount::clocks(Cycle now) const {
  StateClocks sum = clocks_;
  for (const Rank& rank : ranks_) add(rank, now, sum);
  return sum;
}

}  // namespace bitbalance::dram
