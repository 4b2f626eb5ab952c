// How a layer of the vector unit is cut into blocks of the output buffer, and whether it fits there.
#pragma once

#include "hw/compiler/names.h"
#include "hw/isa/config.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::compiler {

/// Outputs of a block: of each of its channels all rows, or as many as let one channel fit half the output
/// buffer, or one row, for which the whole buffer counts, or a part of one row of one channel.
struct VectorBlock {
  int channels = 1;
  int rows = 1;
  int columns = 1;
};

/// Throws ConfigError naming the layer if not even one output fits.
VectorBlock choose_block(const QuantizedNetwork& network, const QuantizedLayer& layer,
                         const AcceleratorConfig& config);

/// Of an average pooling: whether all windows divide by the same number.
bool single_divisor(const QuantizedLayer& layer);

/// Parameter entries of an average pooling: one for each number that its windows divide by.
std::int64_t reciprocals(const QuantizedLayer& layer);

/// Whether a block of a layer of the vector unit fits the buffers.
bool vector_layer_fits(const QuantizedNetwork& network, const QuantizedLayer& layer,
                       const AcceleratorConfig& config);

}  // namespace bitbalance::compiler
