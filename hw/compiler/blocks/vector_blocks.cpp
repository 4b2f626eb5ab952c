#include "hw/compiler/blocks/vector_blocks.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/config_error.h"
#include "hw/compiler/blocks/convolution.h"
#include "hw/isa/command/command.h"

namespace bitbalance::compiler {
namespace {

/// Elements that one channel of the layer needs in the output buffer for so many outputs, results included.
std::int64_t block_elements(const QuantizedNetwork& network, const QuantizedLayer& layer, int rows,
                            int columns) {
  const Shape& in = network.tensors[layer.input].shape;
  const Shape& out = network.tensors[layer.output].shape;
  const std::int64_t results = std::int64_t{rows} * columns;
  // Looked up where they are, and added onto the first operand.
  if (layer.op == LayerOp::kLookup) return results;
  if (layer.op == LayerOp::kAdd) return 2 * results;
  return std::int64_t{most_input_rows(layer.window, in.height, out.height, rows)} *
             most_input_columns(layer.window, in.width, out.width, columns) +
         results;
}

/// Of a slice of one channel.
int largest_extent(const QuantizedNetwork& network, const QuantizedLayer& layer, int rows, int columns) {
  const Shape& in = network.tensors[layer.input].shape;
  const Shape& out = network.tensors[layer.output].shape;
  const int results = std::max(rows, columns);
  if (layer.op == LayerOp::kLookup || layer.op == LayerOp::kAdd) return results;
  return std::max({results, most_input_rows(layer.window, in.height, out.height, rows),
                   most_input_columns(layer.window, in.width, out.width, columns)});
}

}  // namespace

VectorBlock choose_block(const QuantizedNetwork& network, const QuantizedLayer& layer,
                         const AcceleratorConfig& config) {
  const Shape& output = network.tensors[layer.output].shape;
  const Width width = width_of(network.tensors[layer.input].bits);
  const std::int64_t capacity = config.output_elements(width);
  // Half the buffer lets the next block load while this one is stored; a single row, or a single output where
  // no row fits, may take all of it.
  for (int parts = 1; parts <= output.height; ++parts) {
    const int rows = ceil_div(output.height, parts);
    if (largest_extent(network, layer, rows, output.width) > kMostExtent) continue;
    const std::int64_t room = rows == 1 ? capacity : capacity / 2;
    const std::int64_t channels = room / block_elements(network, layer, rows, output.width);
    if (channels < 1) continue;
    const int most = std::min(output.channels, kMostExtent);
    return {static_cast<int>(std::min<std::int64_t>(channels, most)), rows, output.width};
  }
  for (int parts = 2; parts <= output.width; ++parts) {
    const int columns = ceil_div(output.width, parts);
    if (largest_extent(network, layer, 1, columns) > kMostExtent) continue;
    if (block_elements(network, layer, 1, columns) <= (columns == 1 ? capacity : capacity / 2))
      return {1, 1, columns};
  }
  throw ConfigError(
      "layer " + layer.name, "output_buffer_bytes", fmt::format("{}", config.output_buffer_bytes),
      fmt::format("{} or more, for one output", block_elements(network, layer, 1, 1) * element_bytes(width)));
}

bool single_divisor(const QuantizedLayer& layer) {
  const Window& w = layer.window;
  return layer.count_include_pad || (w.pad_top | w.pad_left | w.pad_bottom | w.pad_right) == 0;
}

std::int64_t reciprocals(const QuantizedLayer& layer) {
  return single_divisor(layer) ? 1 : static_cast<std::int64_t>(layer.rescale.size());
}

bool vector_layer_fits(const QuantizedNetwork& network, const QuantizedLayer& layer,
                       const AcceleratorConfig& config) {
  const Width width = width_of(network.tensors[layer.input].bits);
  if (layer.op == LayerOp::kAvgPool && reciprocals(layer) > config.parameter_entries()) return false;
  return block_elements(network, layer, 1, 1) <= config.output_elements(width);
}

}  // namespace bitbalance::compiler
