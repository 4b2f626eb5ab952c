// Turns stored weights into tokens: each row reads its weight buffer bank, unpacks one weight a step, and
// takes its leading one off in every slot; a row that has none left pads with null slots. Stands between
// weight buffer and PE array, and sets the pace of both the array and the activation buffer.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/isa/weight/row_stream.h"
#include "hw/rtl/buffer/weight_buffer.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel/channel_port.h"
#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

/// One item an edge: slots, then bubbles while the next step's reads last longer. A step takes max(slots,
/// conflicts of the next step's tile) items, the last step of a command its slots alone. Step k + 1 is
/// fetched together with the first slot of step k; the first step of a command when its tile is popped,
/// `conflicts` edges before its first slot. When a step's slots end is the synchronization's to say. Tokens
/// beyond the tile's limit are not performed.
class WeightEncoder : public Clocked {
 public:
  sc_core::sc_port<WeightBuffer> weights{"weights"};
  PopPort<Tile> tiles{"tiles"};
  PushPort<StepFetch> fetches{"fetches"};
  PushPort<TokenSlot> slots{"slots"};

  WeightEncoder(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile);

  void describe(SignalList& signals) const override;

 private:
  template <class T>
  using PerRow = std::array<T, AcceleratorConfig::kMaxRows>;

  void on_clock() override;
  void reset() override;
  void begin_command();
  void take_tile();
  void begin_step();
  void read_word();
  void emit_slot();
  void emit_bubble();
  void try_fetch();
  bool step_over() const { return tokens_done_ && !fetch_due_ && items_ >= next_conflicts_; }
  void advance();
  bool last_step() const { return step_ + 1 == tile_.steps; }

  const AcceleratorConfig config_;
  const SynchronizationRule& synchronization_;
  Profile& profile_;

  // Tile and step.
  bool running_ = false;
  Tile tile_;
  /// Of the tile; before the first one it stands for nothing.
  RowStream stream_;
  int limit_ = 0;  ///< tokens of a weight that a row performs, at most
  std::uint32_t step_ = 0;
  std::uint16_t wait_ = 0;            ///< edges until the first slot of a command
  std::uint16_t items_ = 0;           ///< slots and bubbles of this step so far
  bool tokens_done_ = false;          ///< all slots of this step are out
  bool fetch_due_ = false;            ///< the next step is not fetched yet
  std::uint16_t next_conflicts_ = 0;  ///< cycles that the next step's reads take; 0: there is none

  // Rows. Their streams have the same layout, so one position serves all.
  std::uint32_t address_ = 0;  ///< of the word after the one held
  std::uint32_t reads_ = 0;    ///< words that each bank has given, for waveforms
  int bit_ = 0;                ///< first bit of the held word that no step has taken
  alignas(64) PerRow<std::uint64_t> word_{};
  alignas(64) PerRow<std::uint64_t> code_{};
  alignas(64) PerRow<std::uint32_t> ones_{};  ///< tokens not yet performed, a bit for each position
  alignas(64) PerRow<std::uint32_t> negatives_{};
  TokenSlot slot_;    ///< the last one, but for its place in step and tile
  TokenSlot bubble_;  ///< what every bubble is
};

}  // namespace bitbalance::rtl
