// Chooses the block of a convolution by its estimated cycles, which is what effort `fast` takes: among those
// of equal parts, with what they need and cost. Made once for a shape, and asked about many sizes of buffers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "hw/compiler/blocks/block_sizes.h"
#include "hw/compiler/blocks/convolution.h"
#include "hw/compiler/blocks/layer_estimate.h"
#include "hw/compiler/blocks/layer_outline.h"
#include "hw/compiler/blocks/mapping_key.h"
#include "hw/isa/config.h"
#include "hw/timeline/shape_memo.h"

namespace bitbalance::compiler {

class BlockTable {
 public:
  /// `rates` of the memory, in bytes per cycle.
  BlockTable(const Convolution& conv, LayerMapping user, std::vector<double> rates);
  BlockTable(const BlockTable&) = delete;
  BlockTable& operator=(const BlockTable&) = delete;

  // Precondition of what follows: `buffers` differs from the configuration of the convolution in sizes of
  // buffers alone, and none of them is larger.

  /// Whether they have room for a block, be it one of these or not.
  bool has_room(const AcceleratorConfig& buffers, const LayerMapping& block) const;
  bool cuts_channels(const LayerMapping& block) const { return block.channels < conv_.in_channels; }
  bool fits_in_full_width(const AcceleratorConfig& buffers);
  /// What any block that fits asks for at least, of each by itself. Nothing where blocks fit only with fewer
  /// input channels, or less than the full width.
  std::optional<BlockDemand> least(const AcceleratorConfig& buffers);
  /// What a block asks for, whether it is one of these or not.
  const BlockDemand& demand(const AcceleratorConfig& buffers, const LayerMapping& block);
  /// What of it cannot be done before something else, but for the cycles of the array.
  const LayerOutline& outline(const AcceleratorConfig& buffers, const LayerMapping& block);
  /// For each rate the number of the block of least estimated time. Empty when no block fits. The reference
  /// stays valid.
  const std::vector<std::uint32_t>& best(const AcceleratorConfig& buffers);
  /// One that best() named, what the user left open filled in. No two of them are alike.
  const LayerMapping& block(std::uint32_t number) const { return blocks_[number]; }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;

  /// A block with all input channels, in one order of the loops.
  struct Ordered {
    LoopOrder order = LoopOrder::kActivationsOuter;
    std::optional<Estimate> estimate;                              ///< of one that has fitted
    std::array<std::size_t, 4> costs{kNone, kNone, kNone, kNone};  ///< by what overlaps: places in costs_
  };
  /// The same block with fewer of them, where the buffers of activations and weights have those sizes.
  struct Chunks {
    struct Choice {
      int channels = 0;
      LoopOrder order = LoopOrder::kActivationsOuter;
      std::size_t costs = kNone;
    };
    std::int64_t activation_elements = 0;
    int weight_bank_bytes = 0;
    bool two_outputs_fit = false;
    std::vector<Choice> choices;
  };
  struct Entry {
    LayerMapping block;
    SpatialCut space;
    BlockNeeds needs;
    bool may_have_chunks = false;
    std::optional<BlockDemand> least;  ///< of one that has been asked about
    std::size_t order_count = 0;
    std::array<Ordered, kLoopOrders> orders;
    std::vector<Chunks> chunks;  ///< that have been asked about
  };
  /// What is known of sizes of buffers that no block tells apart.
  struct Answers {
    std::optional<bool> fits_whole;
    std::optional<std::optional<BlockDemand>> least;
    std::optional<std::vector<std::uint32_t>> best;
  };
  /// Blocks of some widths. Of the output and parameter buffers it matters alone which blocks fit, once or
  /// twice; of the others the size, where input channels are cut as they want.
  struct Entries {
    std::vector<Entry> list;
    std::vector<std::int64_t> output_steps, parameter_steps;  ///< sizes from which on more fits, ascending
    std::map<std::array<std::int64_t, 4>, Answers> answers;

    Answers& answers_on(const Convolution& conv);
  };
  /// Those that may fit.
  Entries entries_of(const std::vector<int>& widths) const;
  static const Estimate& estimate_of(Entry& entry, std::size_t order, const Convolution& conv);
  static const BlockDemand& least_of(Entry& entry, const Convolution& conv);
  std::optional<BlockDemand> least_of(std::vector<Entry>& entries, const Convolution& conv) const;
  const std::vector<std::uint32_t>& best_of(Entries& entries, const Convolution& conv);
  std::uint32_t number_of(const LayerMapping& block);
  /// Calls `take(block, costs)` for every block that fits, with its costs by rate.
  template <class Take>
  void for_fitting(std::vector<Entry>& entries, const Convolution& conv, const Take& take);
  template <class Take>
  void for_chunks(Entry& entry, const Convolution& conv, const Take& take);
  const Chunks& chunks_of(Entry& entry, const Convolution& conv);
  /// Appends those of all rates to costs_, and returns their place.
  std::size_t add_costs(const Estimate& estimate);

  const AcceleratorConfig config_;
  const Convolution conv_;
  const LayerMapping user_;
  const std::vector<double> rates_;
  const BlockSizes sizes_;
  Entries full_width_;
  Entries cut_widths_;                ///< empty until no block of the full width fits
  std::vector<LayerMapping> blocks_;  ///< that best() named
  std::vector<Cost> costs_;           ///< those of all rates, one after the other
  ShapeMemo<BlockDemand, std::tuple_size_v<MappingKey> + 1> demands_;
  ShapeMemo<LayerOutline, std::tuple_size_v<MappingKey> + 2> outlines_;
};

}  // namespace bitbalance::compiler
