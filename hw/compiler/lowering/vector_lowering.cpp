// Layers that the vector unit executes on the output buffer: operands are loaded there, results stored from
// there.
#include <optional>

#include "hw/compiler/lowering/layer_lowering.h"
#include "hw/compiler/lowering/vector_transfers.h"
#include "quant/ir/integer_values.h"

namespace bitbalance::compiler {
namespace {

/// Of an average pooling, once for the layer.
struct Reciprocals {
  RingBuffer::Region region;
  CommandIndex command;
};

Reciprocals load_reciprocals(ProgramBuilder& builder, const QuantizedLayer& layer, std::int64_t count) {
  LoadParameters load;
  load.entries = command_field<std::uint16_t>(count, layer.name, "reciprocals");
  const std::int64_t bytes = count * AcceleratorConfig::kParameterBytes;
  if (bytes > builder.config().parameter_buffer_bytes) {
    throw ConfigError("layer " + layer.name, "parameter_buffer_bytes",
                      fmt::format("{}", builder.config().parameter_buffer_bytes),
                      fmt::format("{} or more, for its reciprocals", bytes));
  }
  const RingBuffer::Region region = builder.parameters.allocate(load.entries);
  ConstantsBlob blob;
  blob.kind = ConstantsBlob::Kind::kReciprocals;
  blob.layer = builder.layer_index(layer);
  blob.channels = load.entries;
  load.dram_offset = builder.place_constants(blob, bytes);
  load.base = static_cast<std::uint16_t>(region.begin);
  return {region, builder.emit(load, region.free)};
}

}  // namespace

void lower_pool(ProgramBuilder& builder, const QuantizedLayer& layer) {
  const QuantizedTensor& input = builder.network().tensors[layer.input];
  const QuantizedTensor& output = builder.network().tensors[layer.output];
  const Window& w = layer.window;
  const bool average = layer.op == LayerOp::kAvgPool;
  const Width width = width_of(input.bits);
  const std::int64_t element_size = element_bytes(width);
  if (w.dilation_h != 1 || w.dilation_w != 1) {
    throw std::invalid_argument(fmt::format("layer {}: dilation {}x{}: accepted for pooling: 1x1", layer.name,
                                            w.dilation_h, w.dilation_w));
  }
  const VectorBlock block = choose_block(builder.network(), layer, builder.config());

  Pool pool;
  std::optional<Reciprocals> loaded;
  if (average) {
    pool.single_divisor = single_divisor(layer);
    loaded = load_reciprocals(builder, layer, reciprocals(layer));
    pool.parameter_base = static_cast<std::uint16_t>(loaded->region.begin);
  }

  for_blocks(builder.options().batch, output.shape, block, [&](const TensorRange& range) {
    const InputSpan rows = input_rows(w, input.shape.height, range.row, range.rows);
    const InputSpan columns =
        input_columns(w, input.shape.width, output.shape.width, range.column, range.columns);
    const std::int64_t in_image = range.channels * std::int64_t{rows.padded()} * columns.padded();
    const std::int64_t out_image = range.channels * std::int64_t{range.rows} * range.columns;
    const auto region = builder.outputs.allocate(align_up((in_image + out_image) * element_size, 2), 2);
    const std::int64_t base = region.begin / element_size;

    LoadOutputs load;
    load.pad_top = command_field<std::uint8_t>(rows.pad_before, layer.name, "top padding");
    load.pad_bottom = command_field<std::uint8_t>(rows.pad_after, layer.name, "bottom padding");
    load.pad_left = command_field<std::uint8_t>(columns.pad_before, layer.name, "left padding");
    load.pad_right = command_field<std::uint8_t>(columns.pad_after, layer.name, "right padding");
    if (!average) load.pad_value = static_cast<std::int16_t>(range_of(input).low);
    const TensorRange source{range.image, 1,         range.channel, range.channels,
                             rows.first,  rows.size, columns.first, columns.size};
    Prerequisites ready;
    if (loaded) ready.add(Engine::kLoad, loaded->command);
    ready.add(Engine::kLoad, emit_load(builder, layer.input, source, base, in_image, region.free, load));

    pool.input_base = static_cast<std::uint32_t>(base);
    pool.input_image_stride = static_cast<std::uint32_t>(in_image);
    pool.output_base = static_cast<std::uint32_t>(base + in_image);
    pool.output_image_stride = static_cast<std::uint32_t>(out_image);
    pool.channels = static_cast<std::uint16_t>(range.channels);
    pool.input_rows = command_field<std::uint16_t>(rows.padded(), layer.name, "rows of a block");
    pool.input_columns = command_field<std::uint16_t>(columns.padded(), layer.name, "columns");
    pool.output_rows = static_cast<std::uint16_t>(range.rows);
    pool.output_columns = command_field<std::uint16_t>(range.columns, layer.name, "output columns");
    pool.kernel_h = command_field<std::uint8_t>(w.kernel_h, layer.name, "kernel height");
    pool.kernel_w = command_field<std::uint8_t>(w.kernel_w, layer.name, "kernel width");
    pool.stride_h = command_field<std::uint8_t>(w.stride_h, layer.name, "vertical stride");
    pool.stride_w = command_field<std::uint8_t>(w.stride_w, layer.name, "horizontal stride");
    pool.average = average;
    pool.valid_row_begin = static_cast<std::uint16_t>(rows.pad_before);
    pool.valid_row_end = static_cast<std::uint16_t>(rows.pad_before + rows.size);
    pool.valid_column_begin = static_cast<std::uint16_t>(columns.pad_before);
    pool.valid_column_end = static_cast<std::uint16_t>(columns.pad_before + columns.size);
    pool.clip_low = command_field<std::int16_t>(layer.clip_low, layer.name, "clip_low");
    pool.clip_high = command_field<std::int16_t>(layer.clip_high, layer.name, "clip_high");
    pool.width = width;
    pool.is_signed = input.is_signed;
    const CommandIndex vector = builder.emit(pool, ready);
    if (loaded) builder.parameters.used_by(loaded->region.id, Engine::kVector, vector);
    emit_store(builder, layer.output, range, base + in_image, out_image, vector, region.id);
  });
}

void lower_add(ProgramBuilder& builder, const QuantizedLayer& layer) {
  const auto& tensors = builder.network().tensors;
  const QuantizedTensor& input = tensors[layer.input];
  const QuantizedTensor& operand = tensors[layer.operand];
  const Width width = width_of(input.bits);
  const std::int64_t element_size = element_bytes(width);
  const VectorBlock block = choose_block(builder.network(), layer, builder.config());
  for_blocks(builder.options().batch, input.shape, block, [&](const TensorRange& range) {
    const std::int64_t elements = std::int64_t{range.channels} * range.rows * range.columns;
    const auto region = builder.outputs.allocate(align_up(2 * elements * element_size, 2), 2);
    const std::int64_t base = region.begin / element_size;
    Prerequisites ready;
    ready.add(Engine::kLoad, emit_load(builder, layer.input, range, base, elements, region.free));
    ready.add(Engine::kLoad,
              emit_load(builder, layer.operand, range, base + elements, elements, region.free));

    Add add;
    add.input_base = add.output_base = static_cast<std::uint32_t>(base);
    add.operand_base = static_cast<std::uint32_t>(base + elements);
    add.elements = static_cast<std::uint32_t>(elements);
    add.input_multiplier = layer.rescale.front().multiplier;
    add.input_shift = layer.rescale.front().shift;
    add.operand_multiplier = layer.operand_rescale.multiplier;
    add.operand_shift = layer.operand_rescale.shift;
    add.clip_low = command_field<std::int16_t>(layer.clip_low, layer.name, "clip_low");
    add.clip_high = command_field<std::int16_t>(layer.clip_high, layer.name, "clip_high");
    add.width = width;
    add.input_signed = input.is_signed;
    add.operand_signed = operand.is_signed;
    emit_store(builder, layer.output, range, base, elements, builder.emit(add, ready), region.id);
  });
}

}  // namespace bitbalance::compiler
