#include "quant/eval/host_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "quant/ir/integer_values.h"

namespace bitbalance::eval {

std::vector<float> host_layer_values(const QuantizedNetwork& network, const QuantizedLayer& layer,
                                     const std::vector<const std::vector<std::int32_t>*>& inputs) {
  const std::vector<int> tensors = host_sources(layer);
  std::vector<std::vector<float>> values;
  std::vector<const float*> real;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    real.push_back(values.emplace_back(real_values(network.tensors[tensors[i]], *inputs[i])).data());
  std::vector<float> result;
  try {
    result = layer.host.run(real).values;
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("layer '{}': {}", layer.name, error.what()));
  }
  const QuantizedTensor& output = network.tensors[layer.output];
  const ir::IntegerRange range = range_of(output);
  constexpr float kNone = std::numeric_limits<float>::infinity();
  const float low = layer.clip_low > range.low ? static_cast<float>(layer.clip_low * output.scale) : -kNone;
  const float high =
      layer.clip_high < range.high ? static_cast<float>(layer.clip_high * output.scale) : kNone;
  for (float& value : result) value = std::isnan(value) ? 0.0F : std::min(std::max(value, low), high);
  return result;
}

std::vector<std::int32_t> run_host_layer(const QuantizedNetwork& network, const QuantizedLayer& layer,
                                         const std::vector<const std::vector<std::int32_t>*>& inputs) {
  std::vector<std::int32_t> result =
      quantize_values(network.tensors[layer.output], host_layer_values(network, layer, inputs));
  for (std::int32_t& q : result) q = std::clamp(q, layer.clip_low, layer.clip_high);
  return result;
}

}  // namespace bitbalance::eval
