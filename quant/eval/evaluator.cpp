#include "quant/eval/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>

#include "quant/eval/convolve.h"

namespace bitbalance::eval {

Evaluator::Evaluator(const Network& network) : network_(network), values_(network.tensors.size()) {}

const std::vector<float>& Evaluator::run(const std::vector<float>& image) {
  load(image);
  for (const Node& node : network_.nodes) evaluate(node);
  return values_[network_.output];
}

void Evaluator::load(const std::vector<float>& image) {
  const auto expected = static_cast<std::size_t>(network_.shape(network_.input).elements());
  if (image.size() != expected) {
    throw std::invalid_argument(fmt::format("network {}: an image of {} values; its input takes {}",
                                            network_.name, image.size(), expected));
  }
  std::vector<float>& values = values_[network_.input];
  values = image;
  const std::optional<ir::ValueBounds>& bounds = network_.tensors[network_.input].bounds;
  for (float& value : values)
    if (bounds) value = std::clamp(value, bounds->low, bounds->high);
}

void Evaluator::evaluate(const Node& node) {
  values_[node.output].resize(network_.shape(node.output).elements());
  switch (node.op) {
    case Op::kConv:
      convolve(node);
      break;
    case Op::kMaxPool:
    case Op::kAvgPool:
      pool(node);
      break;
    case Op::kAffine:
    case Op::kClip:
    case Op::kAdd:
      elementwise(node);
      break;
    case Op::kConcat:
      concatenate(node);
      break;
    case Op::kLookup:
    case Op::kHost:
      run_host(node);
      break;
  }
}

void Evaluator::convolve(const Node& node) {
  const ConvolutionShape shape{network_.shape(node.input), network_.shape(node.output), node.window,
                               node.groups};
  float* result = values_[node.output].data();
  eval::convolve(shape, node.weights.data(), values_[node.input].data(), result, patches_);
  for (const float bias : node.bias) {
    for (int i = 0; i < shape.pixels(); ++i) *result++ += bias;
  }
}

void Evaluator::pool(const Node& node) {
  const Shape& in = network_.shape(node.input);
  const Shape& out = network_.shape(node.output);
  const Window& window = node.window;
  const bool is_max = node.op == Op::kMaxPool;
  auto result = values_[node.output].begin();
  for (int c = 0; c < out.channels; ++c) {
    const float* plane = &values_[node.input][std::int64_t{c} * in.height * in.width];
    for (int oy = 0; oy < out.height; ++oy) {
      const int top = oy * window.stride_h - window.pad_top;
      const int y_end = std::min(top + window.kernel_h, in.height);
      for (int ox = 0; ox < out.width; ++ox) {
        const int left = ox * window.stride_w - window.pad_left;
        const int x_end = std::min(left + window.kernel_w, in.width);
        float largest = -std::numeric_limits<float>::infinity();
        float sum = 0;
        for (int y = std::max(top, 0); y < y_end; ++y) {
          for (int x = std::max(left, 0); x < x_end; ++x) {
            largest = std::max(largest, plane[std::int64_t{y} * in.width + x]);
            sum += plane[std::int64_t{y} * in.width + x];
          }
        }
        const std::int64_t valid = std::int64_t{y_end - std::max(top, 0)} * (x_end - std::max(left, 0));
        *result++ =
            is_max ? largest : sum / static_cast<float>(node.count_include_pad ? window.area() : valid);
      }
    }
  }
}

void Evaluator::elementwise(const Node& node) {
  const std::vector<float>& input = values_[node.input];
  std::vector<float>& result = values_[node.output];
  if (node.op == Op::kAdd) {
    std::transform(input.begin(), input.end(), values_[node.operand].begin(), result.begin(), std::plus<>());
  } else if (node.op == Op::kClip) {
    std::transform(input.begin(), input.end(), result.begin(),
                   [&](float x) { return std::min(std::max(x, node.low), node.high); });
  } else {
    check_affine(network_, node);
    const std::size_t plane = input.size() / node.scale.size();
    for (std::size_t c = 0; c < node.scale.size(); ++c) {
      const float scale = node.scale[c], bias = node.bias[c];
      for (std::size_t i = c * plane; i < (c + 1) * plane; ++i) result[i] = scale * input[i] + bias;
    }
  }
}

void Evaluator::run_host(const Node& node) {
  std::vector<const float*> inputs;
  for (const int tensor : sources(node)) inputs.push_back(values_[tensor].data());
  try {
    values_[node.output] = node.host.run_whole(inputs).values;
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("layer '{}': {}", node.name, error.what()));
  }
}

void Evaluator::concatenate(const Node& node) {
  auto result = values_[node.output].begin();
  for (const int part : sources(node)) result = std::copy(values_[part].begin(), values_[part].end(), result);
}

}  // namespace bitbalance::eval
