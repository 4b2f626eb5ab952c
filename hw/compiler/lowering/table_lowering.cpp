// The tables of functions: who loads them, and the layer that is nothing but a function.
#include "hw/compiler/lowering/layer_lowering.h"
#include "hw/compiler/lowering/vector_transfers.h"
#include "hw/isa/lookup_table.h"

namespace bitbalance::compiler {

LoadedTable load_table(ProgramBuilder& builder, const QuantizedLayer& layer) {
  if (builder.config().lookup_tables == 0)
    throw ConfigError("layer " + layer.name, "lookup_tables", "0", "1 or 2, for its function");
  const RingBuffer::Region region = builder.tables.allocate(1);
  LoadTable load;
  load.width = layer.table.size() > 256 ? Width::k16 : Width::k8;
  load.table = static_cast<std::uint8_t>(region.begin);
  ConstantsBlob blob;
  blob.kind = ConstantsBlob::Kind::kTable;
  blob.layer = builder.layer_index(layer);
  load.dram_offset = builder.place_constants(blob, table_bytes(load.width));
  return {region, builder.emit(load, region.free)};
}

void lower_lookup(ProgramBuilder& builder, const QuantizedLayer& layer) {
  const QuantizedTensor& input = builder.network().tensors[static_cast<std::size_t>(layer.input)];
  const Width width = width_of(input.bits);
  const std::int64_t bytes = element_bytes(width);
  const VectorBlock block = choose_block(builder.network(), layer, builder.config());
  const LoadedTable table = load_table(builder, layer);
  for_blocks(builder.options().batch, input.shape, block, [&](const TensorRange& range) {
    const std::int64_t elements = std::int64_t{range.channels} * range.rows * range.columns;
    const auto region = builder.outputs.allocate(align_up(elements * bytes, 2), 2);
    const std::int64_t base = region.begin / bytes;
    Prerequisites ready;
    ready.add(Engine::kLoad, table.load);
    ready.add(Engine::kLoad, emit_load(builder, layer.input, range, base, elements, region.free));
    Lookup lookup;
    lookup.input_base = lookup.output_base = static_cast<std::uint32_t>(base);
    lookup.elements = static_cast<std::uint32_t>(elements);
    lookup.table = static_cast<std::uint8_t>(table.region.begin);
    lookup.width = width;
    const CommandIndex vector = builder.emit(lookup, ready);
    builder.tables.used_by(table.region.id, Engine::kVector, vector);
    emit_store(builder, layer.output, range, base, elements, vector, region.id);
  });
}

}  // namespace bitbalance::compiler
