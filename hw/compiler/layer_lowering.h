// Lowering of one program layer each: from a chosen mapping to loads, computes, vector commands and stores.
#pragma once

#include "hw/compiler/convolution.h"
#include "hw/compiler/program_builder.h"

namespace bitbalance::compiler {

/// A convolution, max pooling behind it included where `conv` has some.
void lower_convolution(ProgramBuilder& builder, const Convolution& conv, const LayerMapping& mapping);

/// Max or average pooling as a layer of its own, through the output buffer.
void lower_pool(ProgramBuilder& builder, const QuantizedLayer& layer);

/// Elementwise sum as a layer of its own, through the output buffer.
void lower_add(ProgramBuilder& builder, const QuantizedLayer& layer);

}  // namespace bitbalance::compiler
