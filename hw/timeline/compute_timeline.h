// When the compute engine accepts and completes its commands, and what the array does in between: closed
// forms over tiles, which docs/timing.md states under "Compute". Only what happens inside a command that a
// layer's end cuts in two is walked step by step.
#pragma once

#include <cstdint>

#include "hw/isa/channel_timing.h"
#include "hw/isa/command.h"
#include "hw/isa/config.h"
#include "hw/isa/events.h"
#include "hw/timeline/pixel_tiles.h"
#include "hw/timeline/shape_memo.h"
#include "hw/timeline/tile_walk.h"
#include "hw/timeline/weight_statistics.h"

namespace bitbalance::timeline {

/// What the array counts in a command in the cycles before `edge`, which is not after its last slot.
ActivityCycles activity_before(const ArrayWork& work, Edge edge);

class ComputeTimeline {
 public:
  /// Edges at which the engine pushes what it tells the controller.
  struct Outcome {
    Edge accepted = 0;
    Edge completed = 0;
  };

  explicit ComputeTimeline(const AcceleratorConfig& config) : config_(config) {}
  ComputeTimeline(const ComputeTimeline&) = delete;
  ComputeTimeline& operator=(const ComputeTimeline&) = delete;

  /// Forgets all commands.
  void restart();
  /// The next command, popped at `popped`, after the acceptance of the one before. `groups`: its row groups.
  Outcome perform(const Compute& compute, const RowGroupSteps* groups, Edge popped);
  /// What the array counted in the cycles before `edge`: busy, bank_conflict, drain_wait and stalled. `edge`:
  /// not before the last slot of the command before the last.
  ActivityCycles before(Edge edge) const;

  const PixelTiles& tiles_of(const Compute& compute);

  // The last command.
  const ArrayWork& work() const { return work_; }
  /// What the array counts in it.
  const ActivityCycles& total() const { return total_; }
  Edge last_slot() const { return last_slot_; }

 private:
  const AcceleratorConfig config_;
  ShapeMemo<PixelTiles, 6> tiles_;
  ActivityCycles finished_{};  ///< of all commands before the last
  ActivityCycles total_{};     ///< of the last one as a whole
  Compute compute_;            ///< the last one
  ArrayWork work_;
  Edge last_slot_ = -1;    ///< of the last command
  bool by_table_ = false;  ///< its last beat went through the post-processor's table stage
  Edge shadow_free_ = 0;   ///< first edge at which a last slot finds the shadow registers free
};

}  // namespace bitbalance::timeline
