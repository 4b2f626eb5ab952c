// What a mapping asks of the machine, as far as it can be said without lowering: slots of the array, bytes of
// each channel of the memory, and an estimate of the layer's cycles.
#pragma once

#include <algorithm>
#include <cstdint>

#include "hw/compiler/blocks/convolution.h"
#include "hw/isa/transfer/channel_timing.h"

namespace bitbalance::compiler {

/// What follows from the images, rows and columns of a block alone, for one row group and input channel.
struct SpatialCut {
  std::int64_t tiles = 0;          ///< of all blocks
  std::int64_t loaded_pixels = 0;  ///< of one image, by all its blocks
  std::int64_t loaded_bursts = 0;  ///< for them, where rows lie apart; else 0
};

SpatialCut cut_space(const Convolution& conv, const LayerMapping& mapping);

struct Cost {
  /// The longest of compute, read and write, or, where loads do not hide behind compute, their sum; besides
  /// what every command waits, and the first block's load.
  double cycles = 0;
  std::int64_t dram_bytes = 0;
  bool operator<(const Cost& o) const {
    return cycles != o.cycles ? cycles < o.cycles : dram_bytes < o.dram_bytes;
  }
};

/// What the estimate of a mapping's time is made of.
struct Estimate {
  double compute_cycles = 0;
  std::int64_t read_bytes = 0, weight_bytes = 0, write_bytes = 0;
  std::int64_t blocks = 1, chunks = 1;
  std::int64_t weight_blocks = 1;  ///< different ones
  std::int64_t loads = 1;          ///< commands
  std::int64_t fetched_bytes = 0;  ///< of read_bytes in whole bursts; 0: full-width rows, which waste few
  bool overlaps = true;            ///< loads hide behind compute
  bool weights_overlap = true;     ///< those of weights, too

  Cost cost(double bytes_per_cycle) const;
  /// Says what overlaps in the buffers of `conv`.
  void set_overlaps(const Convolution& conv, const BlockNeeds& needs);

 private:
  /// Where the width is cut: many short blocks, for which each engine's own commands count.
  Cost cost_of_cut_width(double bytes_per_cycle) const;
};

Estimate estimate(const Convolution& conv, const LayerMapping& mapping, const SpatialCut& space,
                  const BlockNeeds& needs);

/// Cycles between two compute commands that no slot can fill: docs/timing.md, "Compute", with one conflict.
inline int compute_gap(const AcceleratorConfig& config) {
  return 5 + config.pipeline.activation_read;
}

/// What a mapping asks of the array and of each channel of the memory.
struct LayerDemand {
  std::int64_t compute_cycles = 0;  ///< slots, and compute_gap() for each command
  std::int64_t read_bytes = 0, write_bytes = 0;
  std::int64_t loads = 0, stores = 0;  ///< commands, each of which waits for the memory once

  LayerDemand& operator+=(const LayerDemand& o) {
    compute_cycles += o.compute_cycles;
    read_bytes += o.read_bytes;
    write_bytes += o.write_bytes;
    loads += o.loads;
    stores += o.stores;
    return *this;
  }
};

/// The same, but for what the weights say.
struct BlockDemand {
  std::int64_t tiles = 0;  ///< of one row group
  std::int64_t computes = 0, loads = 0, stores = 0;
  std::int64_t read_bytes = 0, write_bytes = 0;

  /// `slots_of_a_tile`: of all row groups together, for one tile of pixels.
  LayerDemand with(std::int64_t slots_of_a_tile, const AcceleratorConfig& config) const {
    return {tiles * slots_of_a_tile + computes * compute_gap(config), read_bytes, write_bytes, loads, stores};
  }
};

/// Cycles that the array and each channel of the memory take for a demand at least.
struct LeastTime {
  std::int64_t compute = 0, read = 0, write = 0;
  std::int64_t longest() const { return std::max({compute, read, write}); }
};
LeastTime least_time(const LayerDemand& demand, const IdealMemoryTiming& memory);

BlockDemand demand_of(const Convolution& conv, const LayerMapping& mapping);
/// Of any mapping at least: as if a single block held the layer, and loaded no input that a smaller one
/// leaves out.
BlockDemand least_demand_of(const Convolution& conv);

}  // namespace bitbalance::compiler
