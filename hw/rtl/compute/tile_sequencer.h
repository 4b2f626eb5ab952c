// Walks the tiles of a Compute command: tells the weight encoder and the activation buffer what each tile
// reads, and the post-processor where its results go. First unit of the compute engine.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "hw/isa/config.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel/channel_port.h"
#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/completion.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

/// A command popped at edge p is decoded in that cycle. Its tiles leave from edge p + 1 on, one an edge as
/// long as there is room, so tiles are ready before the encoder needs them, unless one lasts a single slot.
/// The array performs the first slot at edge p + 2 + conflicts of the first tile + stages of the activation
/// read. When the array performs the command's last slot at edge a, the acceptance leaves at a + 1, and a
/// command that waits is popped at that same edge; one that the controller issues because of the acceptance,
/// at a + 3. A command with a field out of range has no tiles: its acceptance, with the fault, leaves at
/// p + 1.
class TileSequencer : public Clocked {
 public:
  PopPort<IssuedCommand> commands{"commands"};
  PushPort<Tile> encoder{"encoder"};
  PushPort<Tile> activations{"activations"};
  PushPort<DrainTarget> targets{"targets"};
  PopPort<LastSlot> last_slots{"last_slots"};  ///< from the PE array
  /// The next command may come; its fault, if any, stands for a completion.
  PushPort<Completion> acceptances{"acceptances"};

  TileSequencer(const sc_core::sc_module_name& name, const AcceleratorConfig& config);

  void describe(SignalList& signals) const override;

 private:
  enum class State : std::uint8_t {
    kIdle,
    kTiles,       ///< tiles of the command are still to come
    kPerforming,  ///< all tiles are out, the array has not performed the last slot
    kRefused,
  };

  /// Targets wait here, so that a tile never waits for the post-processor: as many as tiles fit between here
  /// and there, in the longest pipeline.
  static constexpr unsigned kTargetQueue =
      8 + (PipelineConfig::kMostStages - 1) + (PipelineConfig::kMostPeStages - 1);

  void on_clock() override;
  void reset() override;
  void accept_command();
  void begin(const Compute& compute);
  bool is_blocked() const;
  bool can_emit() const;
  void emit_tile();
  void deal_lanes(DrainTarget& target);
  void place_result(DrainTarget& target, int lane) const;
  void count_conflicts();
  void next_tile();
  void finish();
  void forward_target();

  const AcceleratorConfig config_;

  State state_ = State::kIdle;
  ProgramFault fault_ = ProgramFault::kNone;
  std::uint16_t layer_ = 0;
  bool layer_known_ = false;
  Compute command_;
  std::uint32_t row_bytes_ = 0;
  std::uint16_t row_groups_ = 0;
  int lanes_ = 0;
  std::uint32_t group_elements_ = 0;  ///< of one conv group in the activation buffer
  std::uint32_t plane_ = 0;           ///< results of one output channel of one image

  std::uint32_t result_base_ = 0;  ///< output element of the first pixel in the tile's first output channel

  // The tile to come and the pixel that its first lane takes.
  std::uint16_t conv_group_ = 0;
  std::uint16_t row_group_ = 0;
  std::uint16_t image_ = 0, pixel_row_ = 0, pixel_column_ = 0;
  Tile tile_;

  std::array<DrainTarget, kTargetQueue> targets_;
  unsigned first_target_ = 0, queued_targets_ = 0;
};

}  // namespace bitbalance::rtl
