// Layers that run on the host between two programs of the accelerator: real values in floating point,
// quantized again. The driver and the golden model share this one implementation.
#pragma once

#include <cstdint>
#include <vector>

#include "quant/eval/names.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::eval {

/// What the layer makes of its host_sources()' elements, one image, before it is quantized: within
/// the limits that are fused, if any; 0 where that is no number. `layer` is on_host().
std::vector<float> host_layer_values(const QuantizedNetwork& network, const QuantizedLayer& layer,
                                     const std::vector<const std::vector<std::int32_t>*>& inputs);

/// The same as elements of the layer's output tensor.
std::vector<std::int32_t> run_host_layer(const QuantizedNetwork& network, const QuantizedLayer& layer,
                                         const std::vector<const std::vector<std::int32_t>*>& inputs);

}  // namespace bitbalance::eval
