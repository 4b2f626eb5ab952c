// The R x C processing elements: every row adds or subtracts its shifted activations in each slot.
// Output-stationary, with shadow registers, so that a finished tile leaves to the post-processor while the
// next one computes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <systemc>

#include "base/aligned_vector.h"
#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/compute/pe_array_ports.h"
#include "hw/rtl/compute/shift_add.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

/// At most one slot or bubble an edge. A tile's last slot moves its sums to the shadow registers; its beats
/// leave at the edges after that, rows * ceil(lanes / columns) of them, one an edge. The last slot of the
/// next tile that drains can be performed at the edge of the last beat, not before.
/// With two stages a PE has a register between shifter and adder, and the sum follows a slot an edge later,
/// as do the shadow registers and the beats. Here the register holds what is shifted, and by how much: at
/// this edge or the next, the sum is the same.
class PeArray : public PeArrayPorts {
 public:
  PeArray(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile);

  /// For tests, a fault: inverts the sign of the first token that `row` performs in slot `slot_number`
  /// (counted from 0 over the whole simulation) or later.
  void flip_token(int row, std::int64_t slot_number);

  /// Sum in the width of the accumulator.
  std::int64_t accumulator(int row, int lane, Width width) const;
  /// Of the slot performed at the last edge; 0 if there was none.
  TokenBits token(int row) const { return token_[row]; }
  std::int16_t activation(int lane) const { return activation_.lane[lane]; }

  void describe(SignalList& signals) const override;
  EventCounts uncounted(int& layer) const override;

 private:
  /// Registers of the PEs in one of their two configurations: [row][lane].
  template <class Word>
  struct Lanes {
    explicit Lanes(std::size_t words) : accumulator(words), shadow(words) {}

    AlignedVector<Word> accumulator, shadow;
    alignas(64) Addends<Word> addends{};
  };

  void on_clock() override;
  void reset() override;
  void drain_beat();
  inline Activity next_activity() const;  // calls of these would be seen in the model's speed
  inline void take_slot();
  inline bool add_shifted();
  void perform_slot(const TokenSlot& slot, const ActivationVector& vector);
  template <class Word>
  void add(Lanes<Word>& lanes, const TokenSlot& slot);
  template <class Word>
  void save(Lanes<Word>& lanes, const TokenSlot& slot);
  void start_drain(const TokenSlot& slot);
  void inject_fault();
  /// No slot is performed in this cycle.
  void forget_slot();
  /// At the end of a tile.
  void count_events();
  /// Of the tile's slots so far.
  void add_events(EventCounts& events) const;
  std::size_t index(int row, int lane) const {
    return static_cast<std::size_t>(row) * pitch_ + static_cast<std::size_t>(lane);
  }

  const AcceleratorConfig config_;
  Profile& profile_;

  // Taken, in the register in front of the adders.
  bool shifted_valid_ = false;
  TokenSlot shifted_slot_;
  ActivationVector shifted_vector_;  ///< new with the first slot of a step

  // The slot added at the last edge.
  bool slot_valid_ = false;
  bool clear_ = false;          ///< accumulators of the used rows started from 0
  bool first_of_step_ = false;  ///< took new activations
  bool is_wide_ = false;        ///< 16-bit lanes
  std::uint16_t rows_ = 0, lanes_ = 0;
  std::uint16_t layer_ = 0;
  std::uint32_t tile_ = 0;
  RowWires<TokenBits> token_;
  ActivationVector activation_;
  bool mid_command_ = false;  ///< between the first and the last slot of a command

  std::size_t pitch_;                  ///< words from one row to the next: lanes in whole blocks
  Lanes<std::uint32_t> narrow_lanes_;  ///< two 8-bit lanes a PE
  Lanes<std::uint64_t> wide_lanes_;    ///< one 16-bit lane a PE

  // Drain of the shadow registers.
  std::uint16_t beats_left_ = 0;
  std::uint16_t drain_row_ = 0, drain_first_lane_ = 0;  ///< of the next beat
  Width drain_width_ = Width::k8;
  std::uint16_t drain_rows_ = 0, drain_lanes_ = 0;
  std::uint16_t drain_layer_ = 0;
  std::uint32_t drain_tile_ = 0;

  // For the events of the tile.
  std::int64_t tile_tokens_ = 0, tile_slots_ = 0;

  std::int64_t slots_performed_ = 0;
  int fault_row_ = -1;  ///< -1: none
  std::int64_t fault_slot_ = 0;
};

}  // namespace bitbalance::rtl
