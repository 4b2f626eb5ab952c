#include "hw/compiler/sum_bounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/text/config_error.h"
#include "quant/ir/integer_values.h"

namespace bitbalance::compiler {
namespace {

std::int64_t largest_sum_of_channel(const QuantizedNetwork& network, const QuantizedLayer& layer,
                                    std::size_t channel) {
  const IntegerRange range = range_of(network.tensors[layer.input]);
  const std::int64_t largest_activation = std::max(-range.low, range.high);
  const std::size_t filter = layer.weights.size() / layer.bias.size();
  std::int64_t weights = 0;
  for (std::size_t i = channel * filter; i < (channel + 1) * filter; ++i)
    weights += std::abs(int{layer.weights[i]});
  return std::llabs(layer.bias[channel]) + weights * largest_activation;
}

}  // namespace

std::int64_t largest_sum(const QuantizedNetwork& network, const QuantizedLayer& layer) {
  std::int64_t largest = 0;
  if (layer.op != LayerOp::kConv) return largest;
  for (std::size_t channel = 0; channel < layer.bias.size(); ++channel)
    largest = std::max(largest, largest_sum_of_channel(network, layer, channel));
  return largest;
}

std::int64_t accumulator_limit(int bits) {
  return (std::int64_t{1} << (bits - 1)) - 1;
}

void refuse_overflow(const QuantizedNetwork& network, const QuantizedLayer& layer, int accumulator_bits) {
  const std::int64_t limit = accumulator_limit(accumulator_bits);
  std::size_t channel = 0;
  while (largest_sum_of_channel(network, layer, channel) <= limit) ++channel;
  throw ConfigError(
      "layer " + layer.name,
      network.tensors[layer.input].bits == 16 ? "accumulator_bits_16" : "accumulator_bits_8",
      fmt::format("{}", accumulator_bits),
      fmt::format("as many as sums of output channel {} need, which can reach {} instead of {}; or narrower "
                  "weights, or allow_wrap: true",
                  channel, largest_sum_of_channel(network, layer, channel), limit));
}

}  // namespace bitbalance::compiler
