// Layers that run on the host between two programs of the accelerator: real values in floating point,
// quantized again. The driver and the golden model share this one implementation.
#pragma once

#include <cstdint>
#include <vector>

#include "quant/eval/names.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::eval {

/// Elements of the layer's output tensor for those of its host_sources(), one image; `layer` is on_host().
std::vector<std::int32_t> run_host_layer(const QuantizedNetwork& network, const QuantizedLayer& layer,
                                         const std::vector<const std::vector<std::int32_t>*>& inputs);

}  // namespace bitbalance::eval
