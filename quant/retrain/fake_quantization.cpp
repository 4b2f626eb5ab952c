#include "quant/retrain/fake_quantization.h"

#include "quant/ir/representable.h"
#include "quant/method/weights/weight_quantizer.h"

namespace bitbalance::retrain {
namespace {

/// The value of `quantized` with the gradient of `values`.
torch::Tensor straight_through(const torch::Tensor& values, const torch::Tensor& quantized) {
  return values + (quantized - values).detach();
}

}  // namespace

torch::Tensor fake_quantize(const torch::Tensor& values, const QuantizedTensor& format) {
  const int steps = 1 << (format.is_signed ? format.bits - 1 : format.bits);
  const torch::Tensor scaled = (values / format.scale).clamp(format.is_signed ? -steps : 0, steps - 1);
  return straight_through(scaled, scaled.round()) * format.scale;
}

torch::Tensor fake_quantize(const torch::Tensor& filters, const QuantizedLayer& layer) {
  const RepresentableSet set(layer.weight_bits, layer.nnzb, layer.token_form);
  const torch::Tensor source = filters.detach().contiguous();
  torch::Tensor result = torch::empty_like(source);
  const auto filter = static_cast<std::size_t>(source.numel() / source.size(0));
  std::vector<std::int16_t> rounded(filter);
  for (std::int64_t m = 0; m < source.size(0); ++m) {
    const float* weights = source.data_ptr<float>() + m * filter;
    const double scale = search_scale(weights, filter, set, absmax_scale(weights, filter, layer.weight_bits));
    round_weights(weights, filter, set, scale, rounded.data());
    float* values = result.data_ptr<float>() + m * filter;
    for (std::size_t i = 0; i < filter; ++i) values[i] = static_cast<float>(rounded[i] * scale);
  }
  return straight_through(filters, result);
}

}  // namespace bitbalance::retrain
