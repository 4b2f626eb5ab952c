// Holds the refreshes of a channel against what docs/dram.md promises, from its commands alone: each is
// issued when it is due and soon after, none is left out, ranks take turns, and bank by bank every bank has
// its share.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/support/names.h"
#include "tlm/dram/device.h"

namespace bitbalance::dram::test {

class RefreshChecker {
 public:
  explicit RefreshChecker(const Config& config);

  /// In the order of time; what is wrong is added to text().
  void note(const Command& command, Cycle at);
  /// All commands before `end` have been noted.
  void finish(Cycle end);
  /// When the rank's next refresh is due; kNever in self-refresh.
  Cycle due(int rank) const { return ranks_[static_cast<std::size_t>(rank)].due; }
  const std::string& text() const { return text_; }

 private:
  struct Rank {
    Cycle due = 0;
    std::set<int> banks;  ///< that have had theirs in this round
  };

  Cycle longest_wait() const;
  void check_refresh(const Command& command, Cycle at);
  void fail(const Command& command, Cycle at, const std::string& what);

  const Config config_;
  const bool is_per_bank_;
  const Cycle interval_;  ///< between two refreshes of a rank
  std::vector<Rank> ranks_;
  std::vector<Cycle> used_;  ///< by bank: last activate, read or write
  std::string text_;
};

}  // namespace bitbalance::dram::test
