// When refreshes of a channel are due, and which command comes next for their sake. Beside the scheduler.
#pragma once

#include <vector>

#include "tlm/dram/device.h"

namespace bitbalance::dram {

/// A command that does not come from a queue; kNever: none.
struct Planned {
  Cycle cycle = kNever;
  Command command;
};

class RefreshPlan {
 public:
  explicit RefreshPlan(const Config& config);

  /// A rank or bank that is due leaves power-down, closes its rows and refreshes as soon as that is allowed.
  Planned next(const Device& device) const;
  /// The rank's next refresh; kNever in self-refresh.
  Cycle due(int rank) const { return ranks_[rank].due; }
  /// Of all ranks: nothing is planned before.
  Cycle first_due() const { return first_due_; }
  /// By bank: from then on it takes nothing but what its refresh needs.
  const std::vector<Cycle>& blocked_from() const { return blocked_from_; }

  /// A refresh was issued.
  void refreshed(int rank, Cycle at);
  /// Clocks up to `now`, of all banks, from a refresh that was issued being due to its end: once where the
  /// next one is due before. Precondition: none was issued after `now`.
  Cycle held_up(Cycle now) const;
  /// The rank refreshes itself.
  void suspend(int rank);
  /// It does no longer: a refresh is due at `from`.
  void resume(int rank, Cycle from);

  /// The bank of the rank that is refreshed next; of several at once the first one.
  Location place(int rank) const;

 private:
  /// What a policy refreshes at once, and by which commands.
  struct Rule {
    CommandKind refresh, close;
    int banks;       ///< of a rank
    Cycle interval;  ///< between two refreshes of a rank
    Cycle takes;
  };
  struct Rank {
    Cycle due = 0;
    int bank = 0;  ///< the first that is next, within the rank
  };

  static Rule rule_of(const Config& config);
  bool is_open(const Device& device, const Location& at) const;
  void block(int rank);

  const Geometry geometry_;
  const Rule rule_;
  const int banks_per_rank_;
  std::vector<Rank> ranks_;
  std::vector<Cycle> blocked_from_;
  Cycle first_due_ = 0;
  std::vector<Cycle> held_until_;  ///< by bank: counted up to here
  Cycle held_up_ = 0;              ///< of all banks
};

}  // namespace bitbalance::dram
