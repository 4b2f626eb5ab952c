// How long the layers of a program take by themselves: found out once for a layer and its block, for all
// programs that have them. Between the search and the lowering.
#pragma once

#include <cstddef>
#include <tuple>
#include <vector>

#include "hw/compiler/blocks/mapping_key.h"
#include "hw/compiler/lowering/program_builder.h"
#include "hw/compiler/search/program_layers.h"
#include "hw/compiler/search/program_outline.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/command_clock.h"
#include "hw/timeline/shape_memo.h"
#include "hw/timeline/shape_timings.h"
#include "hw/timeline/weights/resident_weights.h"
#include "hw/timeline/weights/weight_statistics.h"

namespace bitbalance::compiler {

class LayerTimesTable {
 public:
  /// Precondition: ProgramClock::suits(config).
  LayerTimesTable(const AcceleratorConfig& config, const IdealMemoryTiming& memory, ShapeTimings& shapes,
                  WeightStatistics& weights)
      : clock_(config, memory, shapes), weights_(weights), resident_(config) {}

  // On the machine of the table, or one that differs in sizes of the activation and output buffers. `block`:
  // of a convolution, else nullptr.

  /// The reference stays valid.
  const LayerTimes& of(ProgramLayers& layers, const AcceleratorConfig& config, std::size_t layer,
                       const LayerMapping* block);
  /// nullptr: of() has not been asked.
  const LayerTimes* find(const AcceleratorConfig& config, std::size_t layer,
                         const LayerMapping* block) const {
    return times_.find(key(config, layer, block));
  }

 private:
  using Memo = ShapeMemo<LayerTimes, std::tuple_size_v<MappingKey> + 3>;

  static Memo::Shape key(const AcceleratorConfig& config, std::size_t layer, const LayerMapping* block);
  LayerTimes times_of(const ProgramBuilder& builder);
  /// When `engine` takes the first command long after all others could. Returns LayerTimes::until_loaded if
  /// it is the load engine.
  Edge run(const ProgramBuilder& builder, Engine engine);
  LayerTimes::Ends ends() const;

  CommandClock clock_;
  WeightStatistics& weights_;
  ResidentWeights resident_;
  std::vector<const RowGroupSteps*> groups_;  ///< by command
  std::vector<Edge> completed_;               ///< by command
  Memo times_;
};

}  // namespace bitbalance::compiler
