// Turns an integer network into a program: picks the block of every layer that the buffers can hold and the
// loop order with the least time and DRAM traffic, lays out weights and tensors, and emits commands with
// dependence flags.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hw/compiler/names.h"
#include "hw/isa/account/profile.h"
#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/shape_timings.h"
#include "hw/timeline/weights/weight_statistics.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::compiler {

enum class LoopOrder {
  kActivationsOuter,  ///< for each spatial block: for each channel block; activations are loaded once
  kWeightsOuter,      ///< for each channel block: for each spatial block; weights are loaded once
};
inline constexpr std::size_t kLoopOrders = 2;
const char* to_string(LoopOrder order);

/// How a layer is cut into blocks. A user's mapping file holds a list of these; what is 0 is chosen by the
/// mapper.
struct LayerMapping {
  std::string layer;  ///< name of the program layer
  int images = 0;     ///< images of a block, 1..batch; more than 1 only with all rows and columns of an image
  int rows = 0;       ///< output rows of a block (before fused pooling), a multiple of the pooling's height
  int columns = 0;    ///< the same of its width: all, or a multiple of the pooling's width
  int conv_groups = 0;  ///< conv groups of a block; more than 1 only with all their output channels
  /// Output channels of a block within a conv group: all, or a multiple of the array's rows.
  int output_channels = 0;
  /// Input channels of a chunk, within a conv group; fewer than all only when a block is one tile.
  int channels = 0;
  LoopOrder order = LoopOrder::kActivationsOuter;
  /// Of a user's file: it is for programs of so many images; 0: for all others. The mapper ignores it:
  /// MapperOptions::mappings are those that its caller chose by it.
  int batch = 0;
};

/// How a layer ends.
enum class LayerBarrier {
  kNone,     ///< the engines already load and compute the next one
  kCommand,  ///< all engines run dry: a Barrier command
  kLayer,    ///< its program does: each layer is one of its own and leaves everything in DRAM
};
const char* to_string(LayerBarrier barrier);

/// What a mapping is chosen for, of a program: the least of it.
enum class MappingObjective {
  kCycles,
  kEnergy,     ///< by MapperOptions::energy_j
  kEdp,        ///< energy x cycles
  kDramBytes,  ///< read and written, unused bytes of bursts included
};
const char* to_string(MappingObjective objective);
/// Whether it needs MapperOptions::energy_j.
bool asks_energy(MappingObjective objective);

/// How it is chosen: fast by blocks/block_table.h, the others by search/program_search.h.
enum class MappingEffort {
  kFast,        ///< by an estimate of each layer's cycles, whatever the objective
  kGood,        ///< programs for this and smaller machines, judged by the timeline
  kExhaustive,  ///< besides, every block of each layer
};
const char* to_string(MappingEffort effort);

constexpr int kMostBatch = 4096;  ///< images of one program

struct MapperOptions {
  int batch = 1;  ///< images of one program, 1..kMostBatch
  LayerBarrier barrier = LayerBarrier::kNone;
  bool fuse_pooling = true;  ///< non-overlapping max pooling after a convolution happens while draining
  IdealMemoryTiming memory;  ///< with which mappings are judged
  MappingObjective objective = MappingObjective::kCycles;
  MappingEffort effort = MappingEffort::kFast;  ///< a scenario asks for kGood if it names none
  /// Joules of a layer, for objectives that ask for energy.
  std::function<double(const LayerProfile& layer)> energy_j;
  std::vector<LayerMapping> mappings;  ///< the user's choices, by layer name
};

struct MappedProgram {
  Program program;
  std::vector<LayerMapping> mappings;  ///< what was chosen, one per program layer
  // Of a program that the timeline judged; else 0.
  std::int64_t cycles = 0;        ///< with MapperOptions::memory
  std::int64_t least_cycles = 0;  ///< what no mapping can beat: slots, bytes read and bytes written once
};

class ProgramMemo;

/// Maps one network on many accelerators: what does not depend on them is found out once. Not for several
/// threads at the same time.
class Mapper {
 public:
  /// Keeps a reference. Throws std::invalid_argument as validate() does.
  explicit Mapper(const QuantizedNetwork& network);

  /// One program, without its constants, for each run of layers that ends with layers on the host, and one
  /// for the rest; with LayerBarrier::kLayer one for each layer of the accelerator. All share
  /// Region::kData: the placements of a program are those of the next, too. Throws std::invalid_argument,
  /// naming the layer, when a buffer is too small for any block of it, a sum could overflow an accumulator
  /// (unless allow_wrap), a field exceeds its command, or a user's mapping does not fit.
  std::vector<MappedProgram> map(const AcceleratorConfig& config, const MapperOptions& options) const;

  /// The same, once for all machines that differ in nothing that the mapper reads, of the last few: with
  /// MappingEffort::kFast it reads neither latency nor queues, bursts or the clock.
  std::shared_ptr<const std::vector<MappedProgram>> map_once(const AcceleratorConfig& config,
                                                             const MapperOptions& options) const;

  const QuantizedNetwork& network() const { return network_; }
  /// What the timeline asks for, shared with whoever analyzes the programs.
  WeightStatistics& weights() const { return *weights_; }
  /// The same for its constructor.
  const std::shared_ptr<ShapeTimings>& shapes() const { return shapes_; }

 private:
  const QuantizedNetwork& network_;
  std::unique_ptr<WeightStatistics> weights_;
  std::shared_ptr<ShapeTimings> shapes_;
  std::shared_ptr<ProgramMemo> programs_;
  std::vector<std::int64_t> largest_sums_;  ///< of any output channel, by layer
};

/// The same, once and with constants.
std::vector<MappedProgram> build_segments(const QuantizedNetwork& network, const AcceleratorConfig& config,
                                          const MapperOptions& options);

/// The same for a network that makes one program: without layers on the host, or with a single layer. Throws
/// std::invalid_argument for another.
MappedProgram build_program(const QuantizedNetwork& network, const AcceleratorConfig& config,
                            const MapperOptions& options);

}  // namespace bitbalance::compiler
