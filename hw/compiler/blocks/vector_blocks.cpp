#include "hw/compiler/blocks/vector_blocks.h"

#include "hw/compiler/blocks/convolution.h"

namespace bitbalance::compiler {

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

VectorBlock choose_block(const ProgramBuilder& builder, const QuantizedLayer& layer) {
  const QuantizedNetwork& network = builder.network();
  const Shape& output = network.tensors[layer.output].shape;
  const Width width = width_of(network.tensors[layer.input].bits);
  const std::int64_t capacity = builder.config().output_elements(width);
  // Half the buffer lets the next block load while this one is stored; a single row, or a single output where
  // no row fits, may take all of it.
  for (int parts = 1; parts <= output.height; ++parts) {
    const int rows = ceil_div(output.height, parts);
    const std::int64_t room = rows == 1 ? capacity : capacity / 2;
    if (const std::int64_t channels = room / block_elements(network, layer, rows, output.width);
        channels >= 1)
      return {static_cast<int>(std::min<std::int64_t>(channels, output.channels)), rows, output.width};
  }
  for (int parts = 2; parts <= output.width; ++parts) {
    const int columns = ceil_div(output.width, parts);
    if (block_elements(network, layer, 1, columns) <= (columns == 1 ? capacity : capacity / 2))
      return {1, 1, columns};
  }
  throw ConfigError(
      "layer " + layer.name, "output_buffer_bytes", fmt::format("{}", builder.config().output_buffer_bytes),
      fmt::format("{} or more, for one output", block_elements(network, layer, 1, 1) * element_bytes(width)));
}

CommandIndex emit_load(ProgramBuilder& builder, int tensor, const TensorRange& range, std::int64_t base,
                       std::int64_t image_stride, const Prerequisites& region_free, LoadOutputs load) {
  load.slice = builder.slice(tensor, range);
  load.base = static_cast<std::uint32_t>(base);
  load.image_stride = static_cast<std::uint32_t>(image_stride);
  Prerequisites before = region_free;
  before.add(builder.written(tensor, range));
  return builder.emit(load, before);
}

void emit_store(ProgramBuilder& builder, int tensor, const TensorRange& range, std::int64_t base,
                std::int64_t image_stride, CommandIndex vector, std::size_t region) {
  Store store;
  store.slice = builder.slice(tensor, range);
  store.base = static_cast<std::uint32_t>(base);
  store.image_stride = static_cast<std::uint32_t>(image_stride);
  Prerequisites done;
  done.add(Engine::kVector, vector);
  const CommandIndex index = builder.emit(store, done);
  builder.outputs.used_by(region, Engine::kStore, index);
  builder.wrote(tensor, range, index);
}

}  // namespace bitbalance::compiler
