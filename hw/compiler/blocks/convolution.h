// The convolution that one program layer asks of the accelerator, and what a block of it needs of each
// buffer: the ground on which the mapper chooses.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bits.h"
#include "hw/compiler/mapper.h"
#include "hw/isa/config.h"
#include "hw/isa/weight/row_stream.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::compiler {

struct Convolution {
  const QuantizedLayer* layer = nullptr;
  int output = -1;                  ///< tensor of the results, pooled ones where there is pooling
  int clip_low = 0, clip_high = 0;  ///< of the results, ahead of the table, pooling's own included
  int batch = 1;
  int groups = 1;
  int in_channels = 1, out_channels = 1;  ///< of one group
  int in_rows = 1, in_columns = 1;
  const QuantizedLayer* lookup = nullptr;  ///< whose table the results are asked of
  int out_rows = 1;     ///< before pooling; rows that floor-mode pooling drops are not computed
  int out_columns = 1;  ///< before pooling
  int pool_h = 1, pool_w = 1;
  Width width = Width::k8;
  bool operand = false;
  RowStream row_stream{8, 7, {}};  ///< of the weights
  const AcceleratorConfig* config = nullptr;

  int element_bytes() const { return static_cast<int>(isa::element_bytes(width)); }
  int kernel_area() const { return layer->window.kernel_h * layer->window.kernel_w; }
  /// That a block has, before pooling: all, or those up to the end of the last pooling window.
  int columns_to_cut() const { return out_columns / pool_w * pool_w; }
  bool cuts_width(const LayerMapping& m) const { return m.columns < out_columns; }
  int channel_blocks(const LayerMapping& m) const { return ceil_div(out_channels, m.output_channels); }
  int group_blocks(const LayerMapping& m) const { return ceil_div(groups, m.conv_groups); }
  int image_blocks(const LayerMapping& m) const { return ceil_div(batch, m.images); }
  int row_blocks(const LayerMapping& m) const { return ceil_div(out_rows, m.rows); }
  int column_blocks(const LayerMapping& m) const {
    return cuts_width(m) ? ceil_div(columns_to_cut(), m.columns) : 1;
  }
  std::int64_t spatial_blocks(const LayerMapping& m) const {
    return std::int64_t{image_blocks(m)} * row_blocks(m) * column_blocks(m);
  }
  int chunks(const LayerMapping& m) const { return ceil_div(in_channels, m.channels); }
};

/// Input rows or columns that some outputs need, in DRAM and as padding. A load moves at least one: where
/// padding is all they need, one that no window reaches comes after it.
struct InputSpan {
  int first = 0;  ///< row or column of the tensor
  int size = 0;   ///< that exist
  int pad_before = 0, pad_after = 0;
  int padded() const { return size + pad_before + pad_after; }
};
/// Of output rows [row, row + rows).
InputSpan input_rows(const Window& window, int tensor_rows, int row, int rows);
/// Of output columns [column, column + columns). Of all `out_columns`: full-width rows, padded so that all
/// windows fit.
InputSpan input_columns(const Window& window, int tensor_columns, int out_columns, int column, int columns);

/// What they have of any block of that many of the layer's outputs, padding included, at most.
int most_input_rows(const Window& window, int tensor_rows, int out_rows, int rows);
int most_input_columns(const Window& window, int tensor_columns, int out_columns, int columns);

/// Elements of one channel of a block in the activation buffer: all stride phases of its padded rows.
std::int64_t channel_stride(const Window& window, int padded_rows, int padded_columns);

/// Elements from one image of a block to the next: odd if there are several, so that the columns of layers
/// with one pixel an image read different banks.
std::int64_t image_stride(std::int64_t elements, int images);

/// What one block needs at the same time, in the units of each buffer.
struct BlockNeeds {
  std::int64_t activation_elements = 0;
  std::int64_t weight_bank_bytes = 0;
  std::int64_t parameter_entries = 0;
  std::int64_t output_elements = 0;
  std::int64_t largest_extent = 0;  ///< that a command of it has, of those that kMostExtent limits
};
BlockNeeds block_needs(const Convolution& conv, const LayerMapping& mapping);

/// Whether the activations of all chunks stay in the buffer while the chunks' weights pass by.
bool activations_resident(const Convolution& conv, const LayerMapping& mapping);

/// Whether the buffers have room for them, and commands can say them.
bool fits(const Convolution& conv, const BlockNeeds& needs);

/// Pixel tiles of one row group in a block of `images` x `rows` x `columns` outputs.
std::int64_t tiles_of(const Convolution& conv, std::int64_t images, std::int64_t rows, std::int64_t columns);
/// Partial sums never leave the array: a block whose input channels are cut must be a single tile.
bool is_one_tile(const Convolution& conv, const LayerMapping& mapping);
/// Whether its input channels can be cut as they are.
bool can_be_cut_so(const Convolution& conv, const LayerMapping& mapping);
/// Whether, besides, the block fits.
bool is_possible(const Convolution& conv, const LayerMapping& mapping, const BlockNeeds& needs);

}  // namespace bitbalance::compiler
