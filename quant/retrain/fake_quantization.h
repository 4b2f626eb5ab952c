// What quantization does to the values of a network in training: tensors of real values on the grid that the
// integers will have, with the gradient of a straight-through estimator (Bengio et al., arXiv 1308.3432).
#pragma once

#include <torch/torch.h>

#include "quant/ir/quantized_network.h"
#include "quant/retrain/names.h"

namespace bitbalance::retrain {

/// Activations saturated to the tensor's range and rounded to its steps. Gradient: 1 within the range, 0
/// outside.
torch::Tensor fake_quantize(const torch::Tensor& values, const QuantizedTensor& format);

/// Filters [out_channels][...] at the scales that search_scale finds for them, each weight at the nearest
/// representable value: exactly what quantize() makes of these weights. Gradient: 1.
torch::Tensor fake_quantize(const torch::Tensor& filters, const QuantizedLayer& layer);

}  // namespace bitbalance::retrain
