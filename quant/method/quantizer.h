// Float network + calibration -> integer network with bit-balanced weights: no weight has more than nnzb
// tokens.
#pragma once

#include <functional>
#include <vector>

#include "quant/ir/network.h"
#include "quant/ir/quantized_network.h"
#include "quant/method/calibration.h"
#include "quant/method/quantization_options.h"

namespace bitbalance::method {

/// Told the share of the work that is done, 0..1; may throw to give up.
using QuantizationProgress = std::function<void(double)>;

/// The network that is quantized: lowered, and equalized if that is asked for; `ranges`, its calibration,
/// follow. Throws std::invalid_argument for weights that are not finite.
Network prepare(Network network, Calibration& ranges, const QuantizationOptions& options);

/// Of what prepare() gave, which several calls can share. `samples`: images as Evaluator::run takes them,
/// read by methods that use samples. Throws std::invalid_argument naming the option or the layer: settings
/// out of range, an override that matches no convolution, a tensor without calibration, a method without its
/// samples, a layer that the integer arithmetic cannot express.
QuantizedNetwork quantize_prepared(const Network& network, const Calibration& ranges,
                                   const QuantizationOptions& options,
                                   const std::vector<std::vector<float>>& samples = {},
                                   const QuantizationProgress& progress = {});

/// Both, and throws as both. Takes the network by value: move it in when it is large and not needed
/// afterwards.
QuantizedNetwork quantize(Network network, const Calibration& calibration,
                          const QuantizationOptions& options = {},
                          const std::vector<std::vector<float>>& samples = {},
                          const QuantizationProgress& progress = {});

}  // namespace bitbalance::method
