#include "hw/compiler/blocks/layer_outline.h"

#include <algorithm>

#include "base/bits.h"

namespace bitbalance::compiler {
namespace {

/// The last of the parts that `total` is cut into.
int last_part(int total, int size) {
  return total - (ceil_div(total, size) - 1) * size;
}

/// Blocks of full size, and how often two of them follow each other.
struct FullBlocks {
  std::int64_t count = 0, pairs = 0;
};

FullBlocks full_spatial_blocks(const Convolution& c, const LayerMapping& m) {
  const std::int64_t images = c.batch / m.images, rows = c.out_rows / m.rows;
  const std::int64_t width = c.cuts_width(m) ? c.columns_to_cut() : c.out_columns;
  const std::int64_t columns = width / m.columns;
  FullBlocks blocks;
  blocks.count = images * rows * columns;
  if (width % m.columns != 0) {
    blocks.pairs = images * rows * (columns - 1);
  } else if (c.out_rows % m.rows != 0) {
    blocks.pairs = images * (rows * columns - 1);
  } else {
    blocks.pairs = blocks.count - 1;
  }
  blocks.pairs = std::max<std::int64_t>(blocks.pairs, 0);
  return blocks;
}

/// Inputs of a full block that exist, at least: those of the first or the last one, which padding shortens.
template <class SpanAt>
int fewest_inputs(int outputs, int size, const SpanAt& span_at) {
  return std::min(span_at(0).size, span_at((outputs / size - 1) * size).size);
}

class Outlining {
 public:
  Outlining(const Convolution& conv, const LayerMapping& mapping)
      : c_(conv), m_(mapping), width_(c_.cuts_width(m_) ? c_.columns_to_cut() : c_.out_columns) {}

  LayerOutline run() {
    o_.has_array = true;
    first_block();
    last_block();
    if (c_.chunks(m_) == 1) lone_transfers();
    return o_;
  }

 private:
  InputSpan rows_at(int row, int rows) const { return input_rows(c_.layer->window, c_.in_rows, row, rows); }
  InputSpan columns_at(int column, int columns) const {
    return input_columns(c_.layer->window, c_.in_columns, c_.out_columns, column, columns);
  }

  void first_block() {
    const bool resident = activations_resident(c_, m_);
    const std::int64_t channels = std::int64_t{m_.conv_groups} * (resident ? c_.in_channels : m_.channels);
    o_.reads_all_channels = resident && m_.conv_groups >= c_.groups;
    o_.is_loaded_at_once = o_.reads_all_channels && c_.spatial_blocks(m_) == 1;
    o_.first_input_bytes =
        m_.images * channels * rows_at(0, m_.rows).size * columns_at(0, m_.columns).size * c_.element_bytes();
    o_.first_weight_bytes = std::int64_t{m_.conv_groups} * std::min(m_.output_channels, c_.out_channels) *
                            c_.row_stream.bytes(std::int64_t{m_.channels} * c_.kernel_area());
  }

  void last_block() {
    const int images = last_part(c_.batch, m_.images);
    const int rows = last_part(c_.out_rows, m_.rows), columns = last_part(width_, m_.columns);
    const InputSpan in_rows = rows_at(c_.out_rows - rows, rows);
    const InputSpan in_columns = columns_at(width_ - columns, columns);
    o_.tiles = tiles_of(c_, images, rows, columns);
    o_.input_rows_end = in_rows.first + in_rows.size;
    o_.input_columns_end = in_columns.first + in_columns.size;
    if (o_.reads_all_channels) {
      o_.last_input_bytes = std::int64_t{images} * c_.groups * c_.in_channels * in_rows.size *
                            in_columns.size * c_.element_bytes();
    }
    o_.last_row = (c_.out_rows - rows) / c_.pool_h;
    o_.last_column = (width_ - columns) / c_.pool_w;
    o_.last_store_bytes = std::int64_t{images} * last_part(c_.groups, m_.conv_groups) *
                          last_part(c_.out_channels, m_.output_channels) * (rows / c_.pool_h) *
                          (columns / c_.pool_w) * c_.element_bytes();
  }

  void lone_transfers() {
    const FullBlocks space = full_spatial_blocks(c_, m_);
    const std::int64_t groups = c_.groups / m_.conv_groups;
    const std::int64_t channels = c_.channel_blocks(m_);
    const std::int64_t full_channels = c_.out_channels / m_.output_channels;
    const bool weights_outer = m_.order == LoopOrder::kWeightsOuter && channels > 1;
    if (space.count == 0) return;

    const Window& w = c_.layer->window;
    const int padded_rows = (m_.rows - 1) * w.stride_h + w.span_h();
    const int padded_columns =
        c_.cuts_width(m_) ? (m_.columns - 1) * w.stride_w + w.span_w() : columns_at(0, m_.columns).padded();
    const std::int64_t image =
        std::int64_t{m_.conv_groups} * c_.in_channels * channel_stride(w, padded_rows, padded_columns);
    const std::int64_t input = image_stride(image, m_.images) * m_.images * c_.element_bytes();
    if (2 * input > c_.config->activation_buffer_bytes) {
      const int rows = fewest_inputs(c_.out_rows, m_.rows, [&](int row) { return rows_at(row, m_.rows); });
      const int columns =
          fewest_inputs(width_, m_.columns, [&](int column) { return columns_at(column, m_.columns); });
      o_.lone_loads = space.pairs * groups * (weights_outer ? channels : 1);
      o_.lone_load_bytes =
          o_.lone_loads * m_.images * m_.conv_groups * c_.in_channels * rows * columns * c_.element_bytes();
    }
    const std::int64_t output = std::int64_t{m_.images} * m_.conv_groups * m_.output_channels *
                                (m_.rows / c_.pool_h) * (m_.columns / c_.pool_w) * c_.element_bytes();
    if (2 * output > c_.config->output_buffer_bytes) {
      const std::int64_t pairs = weights_outer              ? full_channels * space.pairs
                                 : full_channels < channels ? space.count * (full_channels - 1)
                                                            : space.count * (channels - 1) + space.pairs;
      o_.lone_stores = std::max<std::int64_t>(pairs, 0) * groups;
      o_.lone_store_bytes = o_.lone_stores * output;
    }
  }

  const Convolution& c_;
  const LayerMapping& m_;
  const int width_;
  LayerOutline o_;
};

}  // namespace

LayerOutline outline_of(const Convolution& conv, const LayerMapping& mapping) {
  return Outlining(conv, mapping).run();
}

}  // namespace bitbalance::compiler
