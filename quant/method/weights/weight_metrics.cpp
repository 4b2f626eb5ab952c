#include "quant/method/weights/weight_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "quant/eval/evaluator.h"
#include "quant/eval/integer_evaluator.h"
#include "quant/ir/integer_values.h"
#include "quant/ir/representable.h"
#include "quant/method/quantizer.h"

namespace bitbalance::method {

Network dequantized(Network network, const QuantizedNetwork& quantized) {
  std::map<std::string, const QuantizedLayer*> layers;
  for (const QuantizedLayer& layer : quantized.layers) layers[layer.name] = &layer;
  for (Node& node : network.nodes) {
    if (node.op != Op::kConv) continue;
    const QuantizedLayer& layer = *layers.at(node.name);
    const double input_scale = quantized.tensors[layer.input].scale;
    const std::size_t depth = node.weights.size() / node.bias.size();
    for (std::size_t m = 0; m < node.bias.size(); ++m) {
      const double scale = layer.weight_scale[m];
      for (std::size_t i = m * depth; i < (m + 1) * depth; ++i)
        node.weights[i] = static_cast<float>(layer.weights[i] * scale);
      node.bias[m] = static_cast<float>(static_cast<double>(layer.bias[m]) * input_scale * scale);
    }
  }
  return network;
}

double sqnr_db(double signal_power, double noise_power) {
  constexpr double kDecibel = 10;
  return noise_power == 0 ? std::numeric_limits<double>::infinity()
                          : kDecibel * std::log10(signal_power / noise_power);
}

double weight_sqnr_db(const Node& node, const QuantizedLayer& layer) {
  const std::size_t depth = node.weights.size() / node.bias.size();
  double signal = 0;
  double noise = 0;
  for (std::size_t i = 0; i < node.weights.size(); ++i) {
    const double weight = node.weights[i];
    const double error = layer.weights[i] * layer.weight_scale[i / depth] - weight;
    signal += weight * weight;
    noise += error * error;
  }
  return sqnr_db(signal, noise);
}

std::vector<double> output_sqnr_db(const Network& network, const QuantizedNetwork& quantized,
                                   const std::vector<std::vector<float>>& images) {
  std::map<std::string, int> tensors;
  for (std::size_t t = 0; t < network.tensors.size(); ++t)
    tensors[network.tensors[t].name] = static_cast<int>(t);
  std::vector<double> signal(quantized.layers.size(), 0.0);
  std::vector<double> noise(quantized.layers.size(), 0.0);
  Evaluator floats(network);
  const IntegerEvaluator integers(quantized);
  for (const std::vector<float>& image : images) {
    floats.run(image);
    const IntegerTensors found = integers.run_all(quantize_values(quantized.tensors[quantized.input], image));
    for (std::size_t l = 0; l < quantized.layers.size(); ++l) {
      const int output = quantized.layers[l].output;
      const auto tensor = tensors.find(quantized.tensors[output].name);
      if (tensor == tensors.end()) continue;  // a copy made for a concatenation
      const std::vector<float>& expected = floats.values(tensor->second);
      const std::vector<float> values = is_result(quantized, output)
                                            ? integers.result_values(found, output)
                                            : real_values(quantized.tensors[output], found[output]);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const double error = values[i] - static_cast<double>(expected[i]);
        signal[l] += expected[i] * expected[i];
        noise[l] += error * error;
      }
    }
  }
  std::vector<double> result(signal.size());
  std::transform(signal.begin(), signal.end(), noise.begin(), result.begin(), sqnr_db);
  return result;
}

std::vector<std::int64_t> token_histogram(const QuantizedNetwork& network) {
  constexpr int kMostTokens = 15;
  std::vector<std::int64_t> counts(kMostTokens + 1, 0);
  for (const QuantizedLayer& layer : network.layers)
    for (const std::int16_t weight : layer.weights) ++counts[token_count(weight, layer.token_form)];
  return counts;
}

double enumerative_bits(int weight_bits, int nnzb, TokenForm form) {
  const auto magnitudes = RepresentableSet(weight_bits, nnzb, form).magnitudes().size();
  return std::log2(2.0 * static_cast<double>(magnitudes) - 1);
}

}  // namespace bitbalance::method
