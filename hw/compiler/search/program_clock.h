// The cycles of a program while it is being made, and whether it can still be the best one. Between the
// builder of programs and the search.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/compiler/blocks/layer_estimate.h"
#include "hw/compiler/lowering/program_builder.h"
#include "hw/compiler/search/program_outline.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/command_clock.h"
#include "hw/timeline/shape_timings.h"
#include "hw/timeline/weights/resident_weights.h"
#include "hw/timeline/weights/weight_statistics.h"

namespace bitbalance::compiler {

/// Edge from which on a command waits for none of its prerequisites. `completed`: edges of the commands
/// before it.
Edge ready_edge(const Command& command, const Prerequisites& prerequisites,
                const std::vector<Edge>& completed);

class ProgramClock : public BuildWatcher {
 public:
  ProgramClock(const AcceleratorConfig& config, const IdealMemoryTiming& memory, ShapeTimings& shapes,
               WeightStatistics& weights);

  /// Whether transfers can be timed before the program is finished. The constants lie behind the commands. So
  /// bursts longer than their alignment begin at places that depend on how many commands there are. Without
  /// this clock, whole programs are judged.
  static bool suits(const AcceleratorConfig& config) {
    return config.dram.burst_bytes <= static_cast<int>(kDramAlignment);
  }

  /// Whether a program like that can take less than `limit` cycles.
  bool may_beat(const ProgramOutline& outline, std::int64_t limit);
  /// A new program that asks for `demand`. It is wanted while it can take less than `limit` cycles. Keeps a
  /// reference to `outline`.
  void restart(const LayerDemand& demand, const ProgramOutline& outline, std::int64_t limit);
  bool wants_more(const ProgramBuilder& builder) override;
  /// Layers that the program had begun when last looked at.
  std::size_t layers_begun() const { return layers_begun_; }
  /// Of the program up to its last command.
  std::int64_t cycles() const { return completed_.back(); }

 private:
  void append(const Command& command, const Prerequisites& prerequisites, const RowGroupSteps* groups);
  /// What the program takes at least, by what it still asks for.
  std::int64_t least_cycles() const;

  /// The same, by the layers that follow. Precondition: a layer has just ended.
  std::int64_t least_cycles_by_layers(std::size_t layers);

  const IdealMemoryTiming memory_;
  const int compute_gap_;
  WeightStatistics& weights_;
  CommandClock clock_;
  ResidentWeights resident_;
  std::int64_t limit_ = 0;
  LayerDemand left_;
  const ProgramOutline* outline_ = nullptr;
  std::size_t layers_ = 0;  ///< that have ended
  std::size_t layers_begun_ = 0;
  std::vector<Edge> stored_;     ///< by layer: the last store
  std::vector<Edge> completed_;  ///< by command
};

}  // namespace bitbalance::compiler
