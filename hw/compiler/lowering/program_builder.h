// Collects what a program is made of while layers are lowered: places of constants and tensors in DRAM,
// commands with their prerequisites, and regions of the on-chip buffers.
#pragma once

#include <fmt/format.h>

#include <limits>
#include <string>
#include <vector>

#include "base/text/config_error.h"
#include "hw/compiler/lowering/hazards.h"
#include "hw/compiler/lowering/tensor_writes.h"
#include "hw/compiler/mapper.h"
#include "hw/isa/config.h"
#include "hw/isa/program/program.h"

namespace bitbalance::compiler {

/// `value` as a command field of type T; throws ConfigError naming layer and field when it does not fit.
template <class T>
T command_field(std::int64_t value, const std::string& layer, const char* name) {
  if (value < std::int64_t{std::numeric_limits<T>::min()} ||
      value > std::int64_t{std::numeric_limits<T>::max()}) {
    throw ConfigError("layer " + layer, name, fmt::format("{} does not fit a command", value),
                      fmt::format("{} to {}", std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }
  return static_cast<T>(value);
}

class ProgramBuilder;

/// Looks at a program while it is made.
class BuildWatcher {
 public:
  virtual ~BuildWatcher() = default;
  /// After each block of a convolution and each layer: whether the rest of it is wanted.
  virtual bool wants_more(const ProgramBuilder& builder) = 0;
};

class ProgramBuilder {
 public:
  /// A program that finds what `before` left in Region::kData, if not nullptr.
  ProgramBuilder(const QuantizedNetwork& network, const AcceleratorConfig& config,
                 const MapperOptions& options, const Program* before = nullptr,
                 Regions regions = Regions::kContiguous, BuildWatcher* watcher = nullptr);

  const QuantizedNetwork& network() const { return network_; }
  const AcceleratorConfig& config() const { return config_; }
  const MapperOptions& options() const { return options_; }
  /// Of one of the network's own layers.
  int layer_index(const QuantizedLayer& layer) const {
    return static_cast<int>(&layer - network_.layers.data());
  }

  RingBuffer weights;      ///< bytes of every bank
  RingBuffer parameters;   ///< entries
  RingBuffer tables;       ///< whole ones
  RingBuffer activations;  ///< bytes
  RingBuffer outputs;      ///< bytes

  /// Gives the blob the next place behind the commands; returns its offset there, which finish() makes one in
  /// Region::kConstants.
  std::uint32_t place_constants(ConstantsBlob blob, std::int64_t bytes);
  /// Appends a command of the current layer.
  template <class Body>
  CommandIndex emit(const Body& body, const Prerequisites& prerequisites) {
    new_command(prerequisites).body = body;
    return static_cast<CommandIndex>(program_.commands.size() - 1);
  }

  TensorSlice slice(int tensor, const TensorRange& range) const;
  /// Notes that `store` writes that part; later loads of an overlapping one wait for it.
  void wrote(int tensor, const TensorRange& range, CommandIndex store);
  Prerequisites written(int tensor, const TensorRange& range) const;

  /// Gives a tensor its place in Region::kData, a slice that of its parent. The network's input needs it
  /// said; begin_layer does it for the output.
  void place_tensor(int tensor);
  void begin_layer(ProgramLayer layer);
  /// All commands of a block are there.
  void end_block() { stopped_ = stopped_ || (watcher_ != nullptr && !watcher_->wants_more(*this)); }
  /// Marks the layer's last store; a Barrier follows if asked for.
  void end_layer();
  /// Nobody wants the rest: layers may be left out.
  bool stopped() const { return stopped_; }

  /// Offsets of constants are as place_constants() returned them.
  const Program& unfinished() const { return program_; }
  /// Of its commands.
  const std::vector<Prerequisites>& prerequisites() const { return prerequisites_; }
  /// No layer of the accelerator follows.
  void end_program() {
    emit(End{}, {});
    end_block();
  }
  /// `host_layers` follow the program. Precondition: end_program().
  Program finish(std::vector<ProgramLayer> host_layers) &&;

 private:
  Command& new_command(const Prerequisites& prerequisites);
  /// nullptr: it has none.
  const TensorPlacement* find_placement(int tensor) const {
    const int place = places_[tensor];
    return place < 0 ? nullptr : &program_.tensors[place];
  }
  void place(const TensorPlacement& placement);
  /// The tensor that `tensor` is a slice of, or itself, with the range in its channels.
  std::pair<int, TensorRange> in_parent(int tensor, const TensorRange& range) const;

  const QuantizedNetwork& network_;
  const AcceleratorConfig& config_;
  const MapperOptions& options_;
  BuildWatcher* const watcher_;
  bool stopped_ = false;
  Program program_;
  std::int64_t blob_bytes_ = 0;  ///< of the blobs placed so far
  std::vector<Prerequisites> prerequisites_;
  std::vector<int> places_;           ///< by tensor: index into program_.tensors, or -1
  std::vector<TensorWrites> writes_;  ///< by tensor; of slices at their parent
};

}  // namespace bitbalance::compiler
