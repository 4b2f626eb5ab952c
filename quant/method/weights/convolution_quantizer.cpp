#include "quant/method/weights/convolution_quantizer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "base/process/pages.h"
#include "base/process/parallel.h"
#include "base/text/name_pattern.h"
#include "quant/ir/rescale.h"
#include "quant/method/weights/weight_quantizer.h"

namespace bitbalance::method {
namespace {

template <typename Body>
void for_filters(std::size_t filters, int threads, const Body& body) {
  parallel_for(static_cast<int>(filters), threads, [&](int m) { body(static_cast<std::size_t>(m)); });
}

}  // namespace

ConvolutionQuantizer::ConvolutionQuantizer(const QuantizationOptions& options,
                                           const std::vector<std::string>& names)
    : options_(options) {
  for (const LayerOverride& entry : options.overrides) {
    const std::vector<std::size_t> places = named(entry.pattern, names);
    if (places.empty()) {
      throw std::invalid_argument(
          fmt::format("quantization override '{}' matches no layer with weights; accepted: {}", entry.pattern,
                      fmt::join(names, ", ")));
    }
    for (const std::size_t place : places) overrides_[names[place]].push_back(entry);
  }
}

const RepresentableSet& ConvolutionQuantizer::representable(int weight_bits, int nnzb) {
  const auto key = std::make_pair(weight_bits, nnzb);
  const auto found = sets_.find(key);
  if (found != sets_.end()) return found->second;
  return sets_.emplace(key, RepresentableSet(weight_bits, nnzb, options_.token_form)).first->second;
}

void ConvolutionQuantizer::quantize(const Node& node, double input_scale, double sum_scale,
                                    const std::vector<InputMoments>& moments, float* spent,
                                    QuantizedLayer& layer) {
  layer.groups = node.groups;
  layer.token_form = options_.token_form;
  layer.weight_bits = options_.weight_bits;
  layer.nnzb = options_.nnzb;
  for (const LayerOverride& entry : overrides_[node.name]) {
    layer.weight_bits = entry.weight_bits.value_or(layer.weight_bits);
    layer.nnzb = entry.nnzb.value_or(layer.nnzb);
  }
  RoundedFilters rounded = round_filters(node, layer, input_scale, sum_scale, moments, spent);
  std::vector<double> bias(node.bias.begin(), node.bias.end());
  if (options_.bias_correction) {
    const std::vector<double> error = mean_error(node.weights, rounded, moments);
    std::transform(bias.begin(), bias.end(), error.begin(), bias.begin(), std::plus<>());
  }
  for (std::size_t m = 0; m < bias.size(); ++m) {
    const double scale = rounded.scale[m];
    layer.bias.push_back(std::llround(bias[m] / (input_scale * scale)));
    layer.rescale.push_back(make_rescale(input_scale * scale / sum_scale));
  }
  layer.weights = std::move(rounded.weights);
  layer.weight_scale = std::move(rounded.scale);
}

RoundedFilters ConvolutionQuantizer::round_filters(const Node& node, const QuantizedLayer& layer,
                                                   double input_scale, double sum_scale,
                                                   const std::vector<InputMoments>& moments, float* spent) {
  const RepresentableSet& set = representable(layer.weight_bits, layer.nnzb);
  const std::size_t filters = node.bias.size();
  const std::size_t depth = node.weights.size() / filters;
  RoundedFilters rounded;
  rounded.scale.resize(filters);
  std::vector<double> least(filters);
  for_filters(filters, options_.threads, [&](std::size_t m) {
    const float* weights = &node.weights[m * depth];
    double scale = absmax_scale(weights, depth, layer.weight_bits);
    if (options_.scale_search) scale = search_scale(weights, depth, set, scale);
    least[m] = least_weight_scale(node.bias[m], input_scale, sum_scale);
    rounded.scale[m] = std::max(scale, least[m]);
  });
  if (options_.method == WeightMethod::kCompensated) {
    return compensate(node.weights, moments, set, rounded.scale, least, options_.compensation,
                      options_.bias_correction, options_.threads);
  }
  round_to_nearest(node, set, spent, rounded);
  return rounded;
}

/// A part at a time, so that float weights make room for the integers.
void ConvolutionQuantizer::round_to_nearest(const Node& node, const RepresentableSet& set, float* spent,
                                            RoundedFilters& rounded) const {
  constexpr std::size_t kPart = std::size_t{4} << 20;  // weights
  const std::size_t filters = rounded.scale.size(), depth = node.weights.size() / filters;
  const std::size_t filters_of_part = std::max<std::size_t>(kPart / std::max<std::size_t>(depth, 1), 1);
  rounded.weights.reserve(node.weights.size());
  for (std::size_t first = 0; first < filters; first += filters_of_part) {
    const std::size_t count = std::min(filters_of_part, filters - first), begin = first * depth;
    Pages(rounded.weights.data() + begin, count * depth * sizeof(std::int16_t)).fetch(options_.threads);
    rounded.weights.resize(begin + count * depth);
    for_filters(count, options_.threads, [&](std::size_t i) {
      const std::size_t at = begin + i * depth;
      round_weights(&node.weights[at], depth, set, rounded.scale[first + i], &rounded.weights[at]);
    });
    if (spent != nullptr) Pages(spent + begin, count * depth * sizeof(float)).give_back();
  }
}

// Channels that training switched off have weights of 1e-20 and biases of 1. In units of such weights the
// bias would overflow the accumulator and the multiplier would lose its bits; so both bound the scale from
// below. Ordinary channels of 8-bit weights stay far from either bound: their bias has fewer bits and their
// factor is above 2^-20. 16-bit weights beside 8-bit activations have steps so small that a large bias
// reaches its bound, and their scale is raised.
double ConvolutionQuantizer::least_weight_scale(float bias, double input_scale, double sum_scale) const {
  const double largest_bias =
      std::exp2(options_.activation_bits == 16 ? 40 : 24);  // of 48- and 32-bit accumulators
  const double least_factor = std::exp2(-30);               // of Rescale: 2^15 / 2^47 is 2^-32
  return std::max(std::abs(bias) / largest_bias, least_factor * sum_scale) / input_scale;
}

}  // namespace bitbalance::method
