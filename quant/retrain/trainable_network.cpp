#include "quant/retrain/trainable_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "quant/retrain/fake_quantization.h"

namespace bitbalance::retrain {
namespace {

namespace functional = torch::nn::functional;

/// Padding that gives pools exactly the extent of `out`.
torch::Tensor pad_window(const torch::Tensor& input, const Window& window, double value) {
  if (window.pad_top == 0 && window.pad_left == 0 && window.pad_bottom == 0 && window.pad_right == 0)
    return input;
  return torch::constant_pad_nd(input, {window.pad_left, window.pad_right, window.pad_top, window.pad_bottom},
                                value);
}

torch::Tensor max_pool(const torch::Tensor& input, const Window& window) {
  const auto options = functional::MaxPool2dFuncOptions({window.kernel_h, window.kernel_w})
                           .stride({window.stride_h, window.stride_w})
                           .dilation({window.dilation_h, window.dilation_w});
  return functional::max_pool2d(pad_window(input, window, -std::numeric_limits<float>::infinity()), options);
}

torch::Tensor average_pool(const torch::Tensor& input, const Node& node) {
  const Window& window = node.window;
  const auto options = functional::AvgPool2dFuncOptions({window.kernel_h, window.kernel_w})
                           .stride({window.stride_h, window.stride_w});
  const torch::Tensor mean = functional::avg_pool2d(pad_window(input, window, 0), options);
  if (node.count_include_pad) return mean;
  const torch::Tensor ones = torch::ones({1, 1, input.size(2), input.size(3)});
  return mean / functional::avg_pool2d(pad_window(ones, window, 0), options);  // the share of valid elements
}

torch::Tensor concatenate(const Node& node, const std::vector<torch::Tensor>& values) {
  std::vector<torch::Tensor> parts;
  for (const int part : sources(node)) parts.push_back(values[part]);
  return torch::cat(parts, 1);
}

/// A copy that learns.
torch::Tensor learned(const std::vector<float>& values, at::IntArrayRef shape) {
  return torch::tensor(values).reshape(shape).requires_grad_();
}

std::vector<float> values_of(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.detach().contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

const QuantizedTensor* format_named(const QuantizedNetwork& quantized, const std::string& name) {
  const auto found = std::find_if(quantized.tensors.begin(), quantized.tensors.end(),
                                  [&](const QuantizedTensor& tensor) { return tensor.name == name; });
  return found == quantized.tensors.end() ? nullptr : &*found;
}

const QuantizedLayer& layer_named(const QuantizedNetwork& quantized, const std::string& name) {
  return *std::find_if(quantized.layers.begin(), quantized.layers.end(),
                       [&](const QuantizedLayer& layer) { return layer.name == name; });
}

}  // namespace

TrainableNetwork::TrainableNetwork(Network network, QuantizedNetwork quantized)
    : network_(std::move(network)), quantized_(std::move(quantized)), convolutions_(network_.nodes.size()) {
  for (const Tensor& tensor : network_.tensors) formats_.push_back(format_named(quantized_, tensor.name));
  for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
    const Node& node = network_.nodes[i];
    if (node.op == Op::kHost || node.op == Op::kLookup || node.op == Op::kAffine) {
      throw std::invalid_argument(fmt::format(
          "node '{}' cannot be retrained; accepted: convolutions, fully connected layers, poolings, "
          "additions, concatenations and clips",
          node.name));
    }
    if (node.op != Op::kConv) continue;
    const std::int64_t inputs = network_.shape(node.input).channels / node.groups;
    const std::int64_t outputs = network_.shape(node.output).channels;
    convolutions_[i] = {learned(node.weights, {outputs, inputs, node.window.kernel_h, node.window.kernel_w}),
                        learned(node.bias, {outputs}), &layer_named(quantized_, node.name)};
    parameters_.push_back(convolutions_[i].weights);
    parameters_.push_back(convolutions_[i].bias);
  }
}

torch::Tensor TrainableNetwork::convolve(const Node& node, const torch::Tensor& input, bool quantized) const {
  const Convolution& convolution = convolutions_[&node - network_.nodes.data()];
  const torch::Tensor weights =
      quantized ? fake_quantize(convolution.weights, *convolution.layer) : convolution.weights;
  const auto options = functional::Conv2dFuncOptions()
                           .bias(convolution.bias)
                           .stride({node.window.stride_h, node.window.stride_w})
                           .dilation({node.window.dilation_h, node.window.dilation_w})
                           .groups(node.groups);
  return functional::conv2d(pad_window(input, node.window, 0), weights, options);
}

torch::Tensor TrainableNetwork::evaluate(const Node& node, const std::vector<torch::Tensor>& values,
                                         bool quantized) const {
  const torch::Tensor& input = values[node.input];
  switch (node.op) {
    case Op::kConv:
      return convolve(node, input, quantized);
    case Op::kClip:
      return input.clamp(node.low, node.high);
    case Op::kMaxPool:
      return max_pool(input, node.window);
    case Op::kAvgPool:
      return average_pool(input, node);
    case Op::kAdd:
      return input + values[node.operand];
    case Op::kConcat:
      return concatenate(node, values);
    case Op::kAffine:
    case Op::kLookup:
    case Op::kHost:
      break;
  }
  throw std::logic_error("refused by the constructor");
}

torch::Tensor TrainableNetwork::forward(const torch::Tensor& images, bool quantized) const {
  std::vector<torch::Tensor> values(network_.tensors.size());
  const auto set = [&](int tensor, const torch::Tensor& value) {
    values[tensor] =
        quantized && formats_[tensor] != nullptr ? fake_quantize(value, *formats_[tensor]) : value;
  };
  set(network_.input, images);
  for (const Node& node : network_.nodes) set(node.output, evaluate(node, values, quantized));
  return values[network_.output].flatten(1);
}

Network TrainableNetwork::network() const {
  Network result = network_;
  for (std::size_t i = 0; i < result.nodes.size(); ++i) {
    if (result.nodes[i].op != Op::kConv) continue;
    result.nodes[i].weights = values_of(convolutions_[i].weights);
    result.nodes[i].bias = values_of(convolutions_[i].bias);
  }
  return result;
}

}  // namespace bitbalance::retrain
