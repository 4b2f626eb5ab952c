// What time and events depend on in the weights: for each row group of each compute command, the number of
// tokens and the slots of every step. Decoded once from a program's weight blobs, then shared by every
// evaluation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/core/config.h"
#include "hw/core/program.h"
#include "hw/core/tokens.h"

namespace bitbalance {

/// The steps of one row group, as many slots each as the synchronization asks for.
class RowGroupSteps {
 public:
  RowGroupSteps() = default;
  /// `balanced`: every step has `slots`.
  RowGroupSteps(std::int64_t steps, int slots, std::int64_t tokens);
  /// `group_max`.
  RowGroupSteps(std::vector<std::uint8_t> slots, std::int64_t tokens);

  std::int64_t steps() const { return steps_; }
  /// Performed tokens of all used rows and steps.
  std::int64_t tokens() const { return tokens_; }
  std::int64_t slots() const { return slots_; }
  int slots_of(std::int64_t step) const {
    return sequence_.empty() ? last_ : sequence_[static_cast<std::size_t>(step)];
  }
  int slots_of_last() const { return last_; }
  /// Cycles of all steps but the last, when the reads of one step take `conflicts`.
  std::int64_t cycles_before_last(int conflicts) const {
    return conflicts <= kMaxTokens ? cycles_[static_cast<std::size_t>(conflicts)] : (steps_ - 1) * conflicts;
  }

 private:
  std::int64_t steps_ = 0, tokens_ = 0, slots_ = 0;
  int last_ = 1;
  std::array<std::int64_t, kMaxTokens + 1> cycles_{};  ///< by conflicts
  std::vector<std::uint8_t> sequence_;                 ///< slots by step; empty: all alike
};

class WeightStatistics {
 public:
  /// Scans the weights. Throws std::invalid_argument when a compute command uses weights that no load
  /// brought.
  WeightStatistics(const Program& program, const AcceleratorConfig& config);

  /// Of the compute command at `index` in the program: the first of its row groups, in the order conv group,
  /// row group.
  const RowGroupSteps* groups_of(std::size_t index) const { return &groups_[first_group_[index]]; }

 private:
  std::vector<RowGroupSteps> groups_;
  std::vector<std::uint32_t> first_group_;  ///< by command
};

}  // namespace bitbalance
