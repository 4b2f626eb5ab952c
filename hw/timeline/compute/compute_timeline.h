// When the compute engine accepts and completes its commands, and what the array does in between: closed
// forms over tiles, which docs/timing.md states under "Compute". Only what happens inside a command that a
// layer's end cuts in two is walked step by step.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "hw/isa/account/activity.h"
#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/compute/pixel_tiles.h"
#include "hw/timeline/compute/tile_walk.h"
#include "hw/timeline/shape_memo.h"
#include "hw/timeline/weights/row_group_steps.h"

namespace bitbalance::timeline {

/// What the array counts in a command in the cycles before `edge`, which is not after its last slot.
ActivityCycles activity_before(const ArrayWork& work, Edge edge);

/// The tiles of each shape of a block that was asked about.
class TileShapes {
 public:
  explicit TileShapes(const AcceleratorConfig& config) : config_(config) {}
  const PixelTiles& of(const Compute& compute);

 private:
  const AcceleratorConfig config_;
  ShapeMemo<PixelTiles, 6> tiles_;
};

class ComputeTimeline {
 public:
  /// Edges at which the engine pushes what it tells the controller.
  struct Outcome {
    Edge accepted = 0;
    Edge completed = 0;
  };

  explicit ComputeTimeline(const AcceleratorConfig& config)
      : ComputeTimeline(config, std::make_shared<TileShapes>(config)) {}
  /// `tiles`: of an array of as many columns and the same column mapping.
  ComputeTimeline(const AcceleratorConfig& config, std::shared_ptr<TileShapes> tiles)
      : array_rows_(config.rows), pipeline_(config.pipeline), tiles_(std::move(tiles)) {}
  ComputeTimeline(const ComputeTimeline&) = delete;
  ComputeTimeline& operator=(const ComputeTimeline&) = delete;

  /// Forgets all commands.
  void restart();
  /// The next command, popped at `popped`, after the acceptance of the one before. `groups`: its row groups.
  Outcome perform(const Compute& compute, const RowGroupSteps* groups, Edge popped);
  /// What the array counted in the cycles before `edge`: busy, bank_conflict, drain_wait and stalled. `edge`:
  /// not before the last slot of the command before the last.
  ActivityCycles before(Edge edge) const;

  const PixelTiles& tiles_of(const Compute& compute) { return tiles_->of(compute); }

  // The last command.
  const ArrayWork& work() const { return work_; }
  /// What the array counts in it.
  const ActivityCycles& total() const { return total_; }
  Edge last_slot() const { return last_slot_; }

 private:
  const int array_rows_;
  const PipelineConfig pipeline_;
  const std::shared_ptr<TileShapes> tiles_;
  ActivityCycles finished_{};  ///< of all commands before the last
  ActivityCycles total_{};     ///< of the last one as a whole
  Compute compute_;            ///< the last one
  ArrayWork work_;
  Edge last_slot_ = -1;    ///< of the last command
  bool by_table_ = false;  ///< its last beat went through the post-processor's table stage
  Edge shadow_free_ = 0;   ///< first edge at which a last slot finds the shadow registers free
};

}  // namespace bitbalance::timeline
