#include "hw/compiler/vector_blocks.h"

#include "hw/compiler/convolution.h"

namespace bitbalance::compiler {

std::int64_t block_elements(const QuantizedNetwork& network, const QuantizedLayer& layer, int rows) {
  const Shape& in = network.tensors[layer.input].shape;
  const Shape& out = network.tensors[layer.output].shape;
  const std::int64_t results = std::int64_t{rows} * out.width;
  // Looked up where they are, and added onto the first operand.
  if (layer.op == LayerOp::kLookup) return results;
  if (layer.op == LayerOp::kAdd) return 2 * results;
  const Window& w = layer.window;
  const InputColumns columns = input_columns(w, in.width, out.width);
  return ((rows - 1) * std::int64_t{w.stride_h} + w.kernel_h) *
             (columns.pad_left + in.width + columns.pad_right) +
         results;
}

VectorBlock choose_block(const ProgramBuilder& builder, const QuantizedLayer& layer) {
  const QuantizedNetwork& network = builder.network();
  const Shape& output = network.tensors[layer.output].shape;
  const Width width = width_of(network.tensors[layer.input].bits);
  const std::int64_t capacity = builder.config().output_elements(width);
  // Half the buffer lets the next block load while this one is stored; a single row may take all of it.
  for (int parts = 1;; ++parts) {
    const int rows = ceil_div(output.height, parts);
    const std::int64_t room = rows == 1 ? capacity : capacity / 2;
    const std::int64_t elements = block_elements(network, layer, rows);
    if (const std::int64_t channels = room / elements; channels >= 1)
      return {static_cast<int>(std::min<std::int64_t>(channels, output.channels)), rows};
    if (rows == 1) {
      throw ConfigError("layer " + layer.name, "output_buffer_bytes",
                        fmt::format("{}", builder.config().output_buffer_bytes),
                        fmt::format("{} or more, for one row", elements * element_bytes(width)));
    }
  }
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
