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
  int pooled_columns() const { return out_columns / pool_w; }
  int channel_blocks(const LayerMapping& m) const { return ceil_div(out_channels, m.output_channels); }
  int group_blocks(const LayerMapping& m) const { return ceil_div(groups, m.conv_groups); }
  int image_blocks(const LayerMapping& m) const { return ceil_div(batch, m.images); }
  int row_blocks(const LayerMapping& m) const { return ceil_div(out_rows, m.rows); }
  int chunks(const LayerMapping& m) const { return ceil_div(in_channels, m.channels); }
};

/// Input rows that output rows [row, row + rows) need, in DRAM and as padding. A load moves at least one row:
/// where padding is all they need, one that no window reaches comes behind it.
struct InputRows {
  int first = 0;  ///< row of the tensor
  int rows = 0;   ///< rows that exist
  int pad_top = 0, pad_bottom = 0;
  int padded() const { return rows + pad_top + pad_bottom; }
};
InputRows input_rows(const Window& window, int tensor_rows, int row, int rows);

/// Columns of padding left and right of the full-width input rows, so that all out_columns windows fit.
struct InputColumns {
  int pad_left = 0, pad_right = 0;
};
InputColumns input_columns(const Window& window, int tensor_columns, int out_columns);

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
};
BlockNeeds block_needs(const Convolution& conv, const LayerMapping& mapping);

/// Whether the activations of all chunks stay in the buffer while the chunks' weights pass by.
bool activations_resident(const Convolution& conv, const LayerMapping& mapping);

/// What a mapping asks of the array and of each channel of the memory.
struct LayerDemand {
  std::int64_t compute_cycles = 0;
  std::int64_t read_bytes = 0, write_bytes = 0;

  LayerDemand& operator+=(const LayerDemand& o) {
    compute_cycles += o.compute_cycles;
    read_bytes += o.read_bytes;
    write_bytes += o.write_bytes;
    return *this;
  }
};
/// `slots_of_a_tile`: of all row groups together, for one tile of pixels.
LayerDemand demand_of(const Convolution& conv, const LayerMapping& mapping, std::int64_t slots_of_a_tile);
/// Of any mapping at least: as if a single block held the layer.
LayerDemand least_demand_of(const Convolution& conv, std::int64_t slots_of_a_tile);

/// Fills in what the user left open: for each rate of the memory, in bytes per cycle, the block of least
/// estimated time. Empty when no block fits.
std::vector<LayerMapping> propose_mappings(const Convolution& conv, const LayerMapping& user,
                                           const std::vector<double>& rates);
/// Every block that fits, however uneven.
std::vector<LayerMapping> all_mappings(const Convolution& conv, const LayerMapping& user);

/// Why no block of a user's mapping fits, or none at all: the tightest buffer is named. Throws
/// std::invalid_argument.
[[noreturn]] void refuse_mapping(const Convolution& conv, const LayerMapping& user);

}  // namespace bitbalance::compiler
