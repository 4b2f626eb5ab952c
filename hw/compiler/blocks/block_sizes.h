// The sizes of blocks that a convolution can be cut into, for BlockTable, which chooses among them.
#pragma once

#include <vector>

#include "hw/compiler/blocks/convolution.h"
#include "hw/compiler/blocks/layer_estimate.h"

namespace bitbalance::compiler {

/// How many sizes of a block are looked at.
enum class Extent {
  kEvenParts,  ///< those that cut a dimension into equal parts
  kManySizes,  ///< all of short dimensions, which are cut into few pieces; of others equal parts
  kAllSizes,
};

/// The sizes of a block's dimensions that a user leaves open, and all of a layer's blocks made of them.
class BlockSizes {
 public:
  /// Keeps references.
  BlockSizes(const Convolution& conv, const LayerMapping& user, Extent extent);

  /// Full-width rows, unless a user wants others.
  std::vector<int> full_width() const;
  std::vector<int> cut_widths() const;

  /// Calls `body(block, space)` for every block of those widths, whatever the buffers hold: with all input
  /// channels, or those that a user wants in a chunk.
  template <class Body>
  void for_blocks(const std::vector<int>& widths, const Body& body) const {
    LayerMapping m;
    m.channels = user_.channels != 0 ? user_.channels : conv_.in_channels;
    for (const int rows : rows_) {
      m.rows = rows;
      for (const int columns : widths) {
        m.columns = columns;
        const bool whole_image = rows >= conv_.out_rows && columns >= conv_.out_columns;
        for (const int images : whole_image ? images_ : one_) {
          m.images = images;
          for_channels(m, cut_space(conv_, m), body);
        }
      }
    }
  }

  /// Input channels of a chunk: all, and where a block is one tile, fewer.
  std::vector<int> chunk_sizes(const LayerMapping& block) const;
  /// The same, but no fewer of them than it takes to fit the buffers of `conv`, which differs in those alone.
  std::vector<int> fewest_chunks(const Convolution& conv, const LayerMapping& block) const;
  /// Orders of the loops that make a difference.
  std::vector<LoopOrder> orders(const LayerMapping& block) const;

 private:
  std::vector<int> sizes(int given, int total, int unit) const {
    return given != 0 ? std::vector<int>{given} : sizes(total, unit);
  }
  std::vector<int> sizes(int total, int unit) const;

  template <class Body>
  void for_channels(LayerMapping m, const SpatialCut& space, const Body& body) const {
    for (const int channels_out : channels_) {
      m.output_channels = channels_out;
      for (const int groups : channels_out >= conv_.out_channels ? groups_ : one_) {
        m.conv_groups = groups;
        body(m, space);
      }
    }
  }

  const Convolution& conv_;
  const LayerMapping& user_;
  const Extent extent_;
  const std::vector<int> rows_, images_, channels_, groups_;
  const std::vector<int> one_ = {1};
};

}  // namespace bitbalance::compiler
