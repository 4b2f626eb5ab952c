// Lowering of one program layer each: from a chosen mapping to loads, computes, vector commands and stores.
#pragma once

#include "hw/compiler/blocks/convolution.h"
#include "hw/compiler/lowering/program_builder.h"

namespace bitbalance::compiler {

/// A function's table on chip, and the command that brings it there.
struct LoadedTable {
  RingBuffer::Region region;
  CommandIndex load;
};
/// Throws ConfigError naming the layer for an accelerator without tables.
LoadedTable load_table(ProgramBuilder& builder, const QuantizedLayer& layer);

/// A convolution, max pooling and a function behind it included where `conv` has them.
void lower_convolution(ProgramBuilder& builder, const Convolution& conv, const LayerMapping& mapping);

/// Max or average pooling as a layer of its own, through the output buffer.
void lower_pool(ProgramBuilder& builder, const QuantizedLayer& layer);

/// Elementwise sum as a layer of its own, through the output buffer.
void lower_add(ProgramBuilder& builder, const QuantizedLayer& layer);

/// A function of each element as a layer of its own, through the output buffer.
void lower_lookup(ProgramBuilder& builder, const QuantizedLayer& layer);

}  // namespace bitbalance::compiler
