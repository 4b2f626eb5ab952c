// The steps of one row group of the array: how many slots each has, and how many tokens they hold.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/isa/config.h"
#include "hw/isa/weight/tokens.h"
#include "hw/timeline/names.h"

namespace bitbalance::timeline {

/// The steps of one row group, as many slots each as the synchronization asks for.
class RowGroupSteps {
 public:
  RowGroupSteps() = default;
  /// `busiest`: by step, the largest number of tokens of a row, at most `limit` of them performed.
  RowGroupSteps(const SynchronizationRule& rule, std::vector<std::uint8_t> busiest, int limit,
                std::int64_t tokens);

  std::int64_t steps() const { return steps_; }
  /// Performed tokens of all used rows and steps.
  std::int64_t tokens() const { return tokens_; }
  std::int64_t slots() const { return slots_; }
  int slots_of(std::int64_t step) const { return sequence_.empty() ? last_ : sequence_[step]; }
  int slots_of_last() const { return last_; }
  /// Cycles of all steps but the last, when the reads of one step take `conflicts`.
  std::int64_t cycles_before_last(int conflicts) const {
    return conflicts <= kMaxTokens ? cycles_[conflicts] : (steps_ - 1) * conflicts;
  }

 private:
  std::int64_t steps_ = 0, tokens_ = 0, slots_ = 0;
  int last_ = 1;
  std::array<std::int64_t, kMaxTokens + 1> cycles_{};  ///< by conflicts
  std::vector<std::uint8_t> sequence_;                 ///< slots by step; empty: all alike
};

/// Gathers the rows of a row group.
class RowGroupTokens {
 public:
  explicit RowGroupTokens(std::size_t steps) : busiest_(steps) {}

  /// The next row: tokens of its weight in every step.
  void add(const std::uint8_t* tokens);
  /// Tokens of the busiest weight.
  int most() const;
  /// With at most `limit` tokens of a weight performed. Takes what it returns.
  RowGroupSteps steps(const SynchronizationRule& rule, int limit);

 private:
  std::vector<std::uint8_t> busiest_;  ///< by step, the largest number of a row
  std::int64_t sum_ = 0;
};

/// Of decoded weights: `tokens` of every step, row after row of `steps`, at most `limit` each.
RowGroupSteps row_group_steps(const SynchronizationRule& rule, const std::vector<std::uint8_t>& tokens,
                              std::size_t steps, int limit);

}  // namespace bitbalance::timeline
