// The least time of a program that has not been lowered, or not to its end: each layer's loads wait for what
// it reads, its slots for the first loads, its stores for the slots. Between the search and the clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/compiler/blocks/layer_outline.h"
#include "hw/isa/transfer/channel_timing.h"

namespace bitbalance::compiler {

/// By layer: the layers before it whose results it reads.
using Producers = std::vector<std::vector<std::size_t>>;

/// The layers of a program in order.
struct ProgramOutline {
  std::vector<LayerOutline> layers;
  const Producers* producers = nullptr;  ///< of the layers, whatever their blocks
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
