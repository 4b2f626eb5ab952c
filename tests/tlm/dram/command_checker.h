// Holds the commands of a channel against JEDEC's constraints, each pair of them by itself: slow and simple,
// and written without the device's code. And no row may be opened in vain, but for a refresh.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "tests/support/names.h"
#include "tlm/dram/device.h"

namespace bitbalance::dram::test {

class CommandChecker {
 public:
  explicit CommandChecker(const Config& config) : config_(config) {}

  /// In the order of time; what is wrong is added to text().
  void note(const Command& command, Cycle at);
  /// Empty: nothing was wrong.
  const std::string& text() const { return text_; }

 private:
  struct Issued {
    Command command;
    Cycle at = 0;
  };

  Cycle least(const Command& earlier, const Command& later) const;
  Cycle from_column(const Command& earlier, const Command& later) const;
  Cycle from_rows(const Command& earlier, const Command& later) const;
  void check_rows(const Command& command, Cycle at);
  void check_use(const Command& command, Cycle at);
  void fail(const Command& command, Cycle at, const std::string& what);
  int clocks(CommandKind kind) const;

  const Config config_;
  std::deque<Issued> history_;
  std::map<int, int> open_rows_;       ///< by bank
  std::set<int> unused_;               ///< banks whose open row has not been read or written
  std::set<int> closed_unused_;        ///< closed banks whose last row was not
  std::map<int, CommandKind> asleep_;  ///< by rank
  std::string text_;
};

}  // namespace bitbalance::dram::test
