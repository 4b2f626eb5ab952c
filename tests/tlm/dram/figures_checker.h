// Computes anew what a DRAM should report: from the bursts that come to its channels and the commands that
// they issue, without the controller's code.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/names.h"
#include "tlm/dram/controller/burst_queue.h"
#include "tlm/dram/device.h"

namespace bitbalance::dram::test {

/// By the names in summary.json.
using Figures = std::map<std::string, double>;

/// Of one channel.
class FiguresChecker {
 public:
  explicit FiguresChecker(const Config& config);

  /// A burst has come, after the commands that were issued before.
  void added(const Burst& burst, Cycle now);
  /// `due`: of a refresh.
  void note(const Command& command, Cycle at, Cycle due);
  /// Up to `end`, by which nothing is queued any more.
  Figures sums(Cycle end);

 private:
  using Place = std::tuple<int, int, int>;             ///< bank, row, column
  using Spans = std::vector<std::pair<Cycle, Cycle>>;  ///< clocks from the first to before the second
  struct Bank {
    bool is_open = false;
    Cycle opened = 0, may_close = 0;
    Spans refreshing;
  };
  struct Rank {
    CommandKind sleep = CommandKind::kPowerUp;
    bool has_open_rows = false;  ///< when it fell asleep
    Cycle since = 0;
    Spans open;
  };

  static Place place_of(const Location& at) { return {at.bank, at.row, at.column}; }
  static double clocks(Spans spans, Cycle end);
  /// With the queues as they are.
  void pass(Cycle now);
  void admit_reads();
  void note_data(const Command& command);
  void close(int bank, Cycle at);
  void end_sleep(Rank& rank, Cycle at);

  const Config config_;
  Figures sums_;
  Cycle now_ = 0;
  int reads_ = 0;                 ///< in their queue
  std::deque<Burst> more_reads_;  ///< in front of it
  std::map<Place, std::deque<Burst>>
      writes_;  ///< in their queue or in front of it, in the order in which they came
  int all_writes_ = 0;
  CommandKind direction_ = CommandKind::kActivate;  ///< of the data bus; at first of none
  Spans busy_;
  std::vector<Bank> banks_;
  std::vector<Rank> ranks_;
};

/// Of channels whose sums these are. Of row hits, misses and conflicts nothing is said.
Figures expected_figures(const Config& config, const std::vector<Figures>& channels, Cycle end);

}  // namespace bitbalance::dram::test
