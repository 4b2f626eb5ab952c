// What time and events depend on in a network's weights: for each row group of the array, the number of
// tokens and the slots of every step. Scanned once, then shared by every evaluation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "hw/isa/weight/tokens.h"
#include "hw/timeline/names.h"
#include "quant/ir/quantized_network.h"

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

/// Of decoded weights: `tokens` of every step, row after row of `steps`, at most `limit` each.
RowGroupSteps row_group_steps(const SynchronizationRule& rule, const std::vector<std::uint8_t>& tokens,
                              std::size_t steps, int limit);

/// What loads of weights bring on chip.
class RowGroups {
 public:
  virtual ~RowGroups() = default;
  /// The row groups of a blob of weights, in the order conv group, row group.
  virtual const RowGroupSteps* groups_of(const ConstantsBlob& blob, const AcceleratorConfig& config) = 0;
};

/// The weights of one network, on any accelerator: what was found out about a way to cut them is remembered.
class WeightStatistics final : public RowGroups {
 public:
  /// Keeps a reference. Precondition: validate() accepts the network.
  explicit WeightStatistics(const QuantizedNetwork& network)
      : network_(network), layers_(network.layers.size()) {}

  WeightStatistics(const WeightStatistics&) = delete;
  WeightStatistics& operator=(const WeightStatistics&) = delete;

  const RowGroupSteps* groups_of(const ConstantsBlob& blob, const AcceleratorConfig& config) override;

 private:
  /// How a convolution's weights are cut: rows of the array, synchronization, first input channel, input
  /// channels.
  using Cut = std::tuple<int, Synchronization, int, int>;
  /// All row groups of all conv groups.
  using Groups = std::vector<RowGroupSteps>;

  Groups scan(const ConstantsBlob& blob, const AcceleratorConfig& config) const;

  const QuantizedNetwork& network_;
  std::vector<std::map<Cut, Groups>> layers_;
  struct {
    int layer = -1;
    Cut cut;
    int row_groups = 1;  ///< of a conv group
    const RowGroupSteps* groups = nullptr;
  } last_;  ///< that was asked for
};

}  // namespace bitbalance::timeline
