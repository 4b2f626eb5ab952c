#include "hw/compiler/lowering/vector_transfers.h"

namespace bitbalance::compiler {

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
