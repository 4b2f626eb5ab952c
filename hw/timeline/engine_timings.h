// How long the engines take for their commands under the `ideal` memory. Below the timelines that go through
// a program once.
#pragma once

#include <memory>

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/compute/compute_timeline.h"
#include "hw/timeline/shape_timings.h"
#include "hw/timeline/transfer/transfer_timing.h"
#include "hw/timeline/weights/row_group_steps.h"

namespace bitbalance::timeline {

class EngineTimings {
 public:
  /// Edges at which the controller sees what the engine pushed.
  struct Outcome {
    Edge accepted = 0, completed = 0;
    const TransferCost* transfer = nullptr;  ///< of a load or store
  };

  EngineTimings(const AcceleratorConfig& config, const IdealMemoryTiming& memory, ShapeTimings& shapes)
      : config_(config),
        transfers_(shapes.transfers(config, memory)),
        compute_(config, shapes.tiles(config)) {}

  /// Forgets all commands.
  void restart() { compute_.restart(); }
  /// The next command of its engine, popped at `popped`. `groups`: the row groups of a compute command.
  Outcome perform(const Command& command, const RowGroupSteps* groups, Edge popped);
  /// Of the last compute command.
  const ComputeTimeline& compute() const { return compute_; }

 private:
  const AcceleratorConfig config_;
  const std::shared_ptr<TransferTiming> transfers_;
  ComputeTimeline compute_;
};

}  // namespace bitbalance::timeline
