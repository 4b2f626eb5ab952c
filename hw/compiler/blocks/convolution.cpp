#include "hw/compiler/blocks/convolution.h"

#include <algorithm>

#include "hw/isa/command/command.h"
#include "hw/isa/tiles.h"

namespace bitbalance::compiler {
namespace {

/// Inputs of outputs [first, first + count) of one dimension: `pad` of them are ahead of the tensor.
InputSpan span_of(int tensor_size, int stride, int window, int pad, int first, int count) {
  const int begin = first * stride - pad;
  const int end = (first + count - 1) * stride - pad + window;
  InputSpan in;
  in.first = std::clamp(begin, 0, tensor_size);
  in.size = std::clamp(end, 0, tensor_size) - in.first;
  in.pad_before = std::min(std::max(0, -begin), end - begin);
  in.pad_after = end - begin - in.size - in.pad_before;
  if (in.size == 0) return {std::min(in.first, tensor_size - 1), 1, end - begin, 0};
  return in;
}

// Of a span of `needed` where there is that much padding before and after the tensor (see InputSpan).
int most_of_span(int needed, int pad_before, int pad_after) {
  return std::max(pad_before, pad_after) >= needed ? needed + 1 : needed;
}

// What a block takes of the activation buffer when `channels` of each group's input channels are resident.
std::int64_t activation_elements(const Convolution& c, const LayerMapping& m, int channels) {
  const std::int64_t image =
      std::int64_t{m.conv_groups} * channels *
      channel_stride(c.layer->window, most_input_rows(c.layer->window, c.in_rows, c.out_rows, m.rows),
                     most_input_columns(c.layer->window, c.in_columns, c.out_columns, m.columns));
  return m.images * image_stride(image, m.images);
}

}  // namespace

InputSpan input_rows(const Window& w, int tensor_rows, int row, int rows) {
  return span_of(tensor_rows, w.stride_h, w.span_h(), w.pad_top, row, rows);
}

InputSpan input_columns(const Window& w, int tensor_columns, int out_columns, int column, int columns) {
  if (columns < out_columns)
    return span_of(tensor_columns, w.stride_w, w.span_w(), w.pad_left, column, columns);
  const int needed = (out_columns - 1) * w.stride_w + w.span_w();
  return {0, tensor_columns, w.pad_left, std::max(0, needed - w.pad_left - tensor_columns)};
}

int most_input_rows(const Window& w, int tensor_rows, int out_rows, int rows) {
  return most_of_span((rows - 1) * w.stride_h + w.span_h(), w.pad_top,
                      (out_rows - 1) * w.stride_h + w.span_h() - w.pad_top - tensor_rows);
}

int most_input_columns(const Window& w, int tensor_columns, int out_columns, int columns) {
  if (columns == out_columns) return input_columns(w, tensor_columns, out_columns, 0, columns).padded();
  return most_of_span((columns - 1) * w.stride_w + w.span_w(), w.pad_left,
                      (out_columns - 1) * w.stride_w + w.span_w() - w.pad_left - tensor_columns);
}

std::int64_t channel_stride(const Window& w, int padded_rows, int padded_columns) {
  return std::int64_t{w.stride_h} * w.stride_w * ceil_div(padded_rows, w.stride_h) *
         ceil_div(padded_columns, w.stride_w);
}

std::int64_t image_stride(std::int64_t elements, int images) {
  return images > 1 ? (elements | 1) : elements;
}

BlockNeeds block_needs(const Convolution& c, const LayerMapping& m) {
  const Window& window = c.layer->window;
  const int loaded_channels = activations_resident(c, m) ? c.in_channels : m.channels;
  BlockNeeds needs;
  needs.activation_elements = activation_elements(c, m, loaded_channels);
  needs.weight_bank_bytes = m.conv_groups * ceil_div(m.output_channels, c.config->rows) *
                            std::int64_t{c.row_stream.bytes(std::int64_t{m.channels} * c.kernel_area())};
  needs.parameter_entries = std::int64_t{m.conv_groups} * m.output_channels;
  needs.output_elements = std::int64_t{m.images} * m.conv_groups * m.output_channels * (m.rows / c.pool_h) *
                          (m.columns / c.pool_w);
  needs.largest_extent =
      std::max<std::int64_t>({needs.parameter_entries, std::int64_t{m.conv_groups} * loaded_channels, m.rows,
                              m.columns, most_input_rows(window, c.in_rows, c.out_rows, m.rows),
                              most_input_columns(window, c.in_columns, c.out_columns, m.columns)});
  return needs;
}

bool fits(const Convolution& c, const BlockNeeds& needs) {
  return needs.activation_elements <= c.config->activation_elements(c.width) &&
         needs.weight_bank_bytes <= c.config->weight_bank_bytes &&
         needs.parameter_entries <= c.config->parameter_entries() &&
         needs.output_elements <= c.config->output_elements(c.width) && needs.largest_extent <= kMostExtent;
}

bool activations_resident(const Convolution& c, const LayerMapping& m) {
  return c.chunks(m) == 1 || (c.in_channels <= kMostExtent && activation_elements(c, m, c.in_channels) <=
                                                                  c.config->activation_elements(c.width));
}

std::int64_t tiles_of(const Convolution& c, std::int64_t images, std::int64_t rows, std::int64_t columns) {
  return pixel_tiles(*c.config, c.width, images, rows, columns);
}

bool is_one_tile(const Convolution& c, const LayerMapping& m) {
  return m.conv_groups == 1 && m.output_channels <= c.config->rows &&
         tiles_of(c, m.images, m.rows, m.columns) == 1;
}

bool can_be_cut_so(const Convolution& c, const LayerMapping& m) {
  return m.channels >= c.in_channels || is_one_tile(c, m);
}

bool is_possible(const Convolution& c, const LayerMapping& m, const BlockNeeds& needs) {
  return fits(c, needs) && can_be_cut_so(c, m);
}

}  // namespace bitbalance::compiler
