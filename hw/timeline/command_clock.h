// The cycles of a program while it is being made. No command of the mapper waits for a later one, so the
// edges of each are known as soon as it is there. Beside Timeline, which takes any program and knows why
// engines wait.
#pragma once

#include <array>
#include <cstddef>

#include "base/text/enum_index.h"
#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/command_fetch.h"
#include "hw/timeline/engine_timings.h"
#include "hw/timeline/shape_timings.h"

namespace bitbalance::timeline {

class CommandClock {
 public:
  CommandClock(const AcceleratorConfig& config, const IdealMemoryTiming& memory, ShapeTimings& shapes)
      : queue_depth_(static_cast<std::size_t>(config.queue_depth)),
        fetch_(memory, config.dram),
        timings_(config, memory, shapes) {
    restart();
  }

  /// A program starts at edge 0.
  void restart();
  /// The same, of which `engine` takes the first command at edge `free`.
  void restart(Engine engine, Edge free) {
    restart();
    engines_[enum_index(engine)].free = free;
  }
  /// The next command, all of whose flags are there from edge `ready` on. `groups`: the row groups of a
  /// compute command. Returns the edge at which the controller sees it completed; of End the program's
  /// cycles.
  Edge append(const Command& command, const RowGroupSteps* groups, Edge ready);

  /// First edge at which the engine takes another command.
  Edge free(Engine engine) const { return engines_[enum_index(engine)].free; }
  /// Of the last command; nullptr unless it is a load or store.
  const TransferCost* last_transfer() const { return last_transfer_; }
  const ComputeTimeline& compute() const { return timings_.compute(); }

 private:
  static constexpr std::size_t kMostQueued = AcceleratorConfig::kMaxQueueDepth;

  struct EngineState {
    std::size_t commands = 0;
    Edge free = 0;
    std::array<Edge, kMostQueued> issues{};  ///< of the last commands, by number
  };

  const std::size_t queue_depth_;
  CommandFetch fetch_;
  EngineTimings timings_;
  std::array<EngineState, kEngines> engines_;
  Edge idle_ = 0;  ///< first edge at which all commands have completed
  Edge last_dispatch_ = 0;
  const TransferCost* last_transfer_ = nullptr;
};

}  // namespace bitbalance::timeline
