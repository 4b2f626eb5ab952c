// When the ranks of an idle channel power down and refresh themselves, and how long they are in each state.
// Beside the scheduler.
#pragma once

#include <vector>

#include "tlm/dram/controller/refresh.h"

namespace bitbalance::dram {

/// What a channel without a burst does to save power, by the controller's options.
class SleepPlan {
 public:
  explicit SleepPlan(const ControllerConfig& config)
      : power_down_after_(config.power_down_after), self_refresh_after_(config.self_refresh_after) {}

  /// Whether there is anything to plan.
  bool is_on() const { return power_down_after_ != 0 || self_refresh_after_ != 0; }
  /// The next command of a rank, in a channel that has had nothing to do since `idle_since`. Refreshes that
  /// are due go first.
  Planned next(const Device& device, const RefreshPlan& refresh, int ranks, Cycle idle_since) const;

 private:
  Planned of_rank(const Device& device, const Location& at, Cycle idle_since) const;

  const Cycle power_down_after_, self_refresh_after_;  ///< clocks; 0: never
};

/// Clocks of ranks, added up.
struct StateClocks {
  Cycle precharge_standby = 0, precharge_power_down = 0, active_power_down = 0, self_refresh = 0;
  StateClocks& operator+=(const StateClocks& other);
};

/// Follows the commands of a channel. What is in none of StateClocks is active standby.
class StateAccount {
 public:
  explicit StateAccount(int ranks) : ranks_(static_cast<std::size_t>(ranks)) {}

  /// A command that the device has taken.
  void note(const Command& command, Cycle at, const Device& device);
  StateClocks clocks(Cycle now) const;

 private:
  struct Rank {
    bool is_open = false;
    Cycle closed_from = 0;  ///< if it is not
    Device::Sleep sleep = Device::Sleep::kAwake;
    Cycle asleep_from = 0;
  };

  /// The state that ends or lasts at `at`.
  static void add(const Rank& rank, Cycle at, StateClocks& clocks);

  std::vector<Rank> ranks_;
  StateClocks clocks_;
};

}  // namespace bitbalance::dram
