// The least time of a program that has not been lowered, or not to its end: each layer's loads wait for what
// it reads, its slots for the first loads, its stores for the slots. Between the search and the clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/compiler/blocks/layer_outline.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"

namespace bitbalance::compiler {

/// By layer: the layers before it whose results it reads.
using Producers = std::vector<std::vector<std::size_t>>;

/// How long a layer's engines are busy when nothing but the layers ahead of it hinders them. Sizes are those
/// of regions in the buffers, in bytes; 0: it has none there.
struct LayerTimes {
  /// Of a result that does not depend on something.
  static constexpr Edge kNotAtAll = INT64_MIN / 4;
  /// First edges at which the engines take a command of the next layer, when all that hinders them begins at
  /// edge 0.
  struct Ends {
    Edge compute = kNotAtAll, load = kNotAtAll, store = kNotAtAll;
  };
  Ends after_compute;  ///< it begins when the array takes the layer's first command
  Ends after_load;     ///< when the load engine does
  Edge until_loaded =
      0;  ///< of the loads ahead of the first one of activations, or outputs for the vector unit
  bool first_compute_stores = false;  ///< it leaves results in the output buffer
  std::int64_t first_weights = 0, last_weights = 0;
  std::int64_t first_activations = 0, last_activations = 0;
  std::int64_t first_outputs = 0, last_outputs = 0;
};

/// The layers of a program in order.
struct ProgramOutline {
  std::vector<LayerOutline> layers;
  std::vector<const LayerTimes*> times;        ///< of the same layers; nullptr: not known
  const Producers* producers = nullptr;        ///< of the layers, whatever their blocks
  const AcceleratorConfig* buffers = nullptr;  ///< of the machine
};

/// First edges at which the engines can do more.
struct EngineEdges {
  Edge compute = 0, load = 0, store = 0;
};

/// Edge at which the program ends at the earliest, when the layers before `first` have brought the engines to
/// `now`. `stored`: the last store's edge of each of those; of the others it is filled in.
Edge least_end(const ProgramOutline& outline, std::size_t first, EngineEdges now,
               const IdealMemoryTiming& memory, int compute_gap, std::vector<Edge>& stored);

}  // namespace bitbalance::compiler
