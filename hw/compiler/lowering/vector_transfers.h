// Blocks of the vector unit's layers on their way: one after the other, into the output buffer and back.
#pragma once

#include <algorithm>

#include "hw/compiler/blocks/vector_blocks.h"
#include "hw/compiler/lowering/program_builder.h"

namespace bitbalance::compiler {

/// Calls body(TensorRange) for each block of an output, image after image.
template <class Body>
void for_blocks(int batch, const Shape& output, const VectorBlock& block, const Body& body) {
  for (int image = 0; image < batch; ++image) {
    for (int channel = 0; channel < output.channels; channel += block.channels) {
      for (int row = 0; row < output.height; row += block.rows) {
        for (int column = 0; column < output.width; column += block.columns) {
          body(TensorRange{image, 1, channel, std::min(block.channels, output.channels - channel), row,
                           std::min(block.rows, output.height - row), column,
                           std::min(block.columns, output.width - column)});
        }
      }
    }
  }
}

/// `image_stride`: of the block in the buffer, as `base` in elements. `load`: its padding.
CommandIndex emit_load(ProgramBuilder& builder, int tensor, const TensorRange& range, std::int64_t base,
                       std::int64_t image_stride, const Prerequisites& region_free, LoadOutputs load = {});

/// Of what command `vector` left in region `region` of the output buffer.
void emit_store(ProgramBuilder& builder, int tensor, const TensorRange& range, std::int64_t base,
                std::int64_t image_stride, CommandIndex vector, std::size_t region);

}  // namespace bitbalance::compiler
