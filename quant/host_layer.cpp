#include "quant/host_layer.h"

#include <algorithm>

#include "quant/normalization.h"
#include "quant/quantizer.h"

namespace bitbalance {

std::vector<std::int32_t> run_host_layer(const QuantizedNetwork& network, const QuantizedLayer& layer,
                                         const std::vector<std::int32_t>& input) {
  const QuantizedTensor& source = network.tensors[layer.input];
  std::vector<float> values(input.size());
  std::transform(input.begin(), input.end(), values.begin(),
                 [&](std::int32_t q) { return static_cast<float>(q * source.scale); });
  values = layer.op == LayerOp::kLrn ? local_response_normalization(values, source.shape.channels, layer.lrn)
                                     : softmax(values);
  std::vector<std::int32_t> result = quantize_values(network.tensors[layer.output], values);
  for (std::int32_t& q : result) q = std::clamp(q, layer.clip_low, layer.clip_high);
  return result;
}

}  // namespace bitbalance
