// The blocks that a network's convolutions can be cut into, by shape. Between the layers of a program and one
// shape's table; kept for machines that differ in buffers, the memory and what no block depends on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "hw/compiler/accelerator_layer.h"
#include "hw/compiler/blocks/block_table.h"
#include "hw/compiler/mapper.h"
#include "hw/isa/config.h"
#include "hw/timeline/recent_memo.h"

namespace bitbalance::compiler {

/// All that blocks depend on but sizes of buffers and what a user says of blocks; equal if that is alike.
std::vector<std::int64_t> blocks_key(const AcceleratorConfig& config, const MapperOptions& options);

/// The blocks of every shape of a network's convolutions, on one accelerator and those with smaller buffers.
class BlockTables {
 public:
  /// `rates` of the memory, in bytes per cycle.
  BlockTables(const AcceleratorConfig& largest, std::vector<double> rates)
      : largest_(largest), rates_(std::move(rates)) {}

  const AcceleratorConfig& largest() const { return largest_; }
  std::size_t rates() const { return rates_.size(); }
  /// `conv`: on the largest accelerator. `user`: what counts for this layer alone, if it has a name. The
  /// reference stays valid.
  BlockTable& of(const AcceleratorLayer& layer, const Convolution& conv, const LayerMapping& user);

 private:
  static constexpr int kAnyLayer = -1;

  const AcceleratorConfig largest_;
  const std::vector<double> rates_;
  std::map<std::pair<ConvolutionKey, int>, std::unique_ptr<BlockTable>> tables_;
};

/// Those of the last few machines.
class BlockTablesMemo {
 public:
  /// Tables whose largest accelerator has buffers as large as those of `config`, and is else like it. `rates`
  /// as BlockTables'.
  std::shared_ptr<BlockTables> get(const AcceleratorConfig& config, const MapperOptions& options,
                                   const std::vector<double>& rates);

 private:
  struct Kept {
    std::shared_ptr<BlockTables> tables;
    int uses = 0;
  };

  static constexpr std::size_t kMost = 8;
  /// What is known of buffers of many sizes would grow without an end.
  static constexpr int kMostUses = 32;
  RecentMemo<std::vector<std::int64_t>, Kept> kept_{kMost};
};

}  // namespace bitbalance::compiler
