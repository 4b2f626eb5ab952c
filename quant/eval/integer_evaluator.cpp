#include "quant/eval/integer_evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "quant/eval/host_layer.h"
#include "quant/ir/integer_values.h"

namespace bitbalance::eval {
namespace {

std::int64_t rescaled(std::int64_t value, const Rescale& rescale) {
  const std::int64_t half = rescale.shift > 0 ? std::int64_t{1} << (rescale.shift - 1) : 0;
  return (value * rescale.multiplier + half) >> rescale.shift;
}

/// The table's result for a code: its own entry, or the straight line between the two beside it.
std::int64_t looked_up(const std::vector<std::int16_t>& table, std::int64_t code) {
  if (table.size() == 256) return table[code & 255];
  const auto place = static_cast<std::size_t>(code + 32768);
  const int low = table[place / 256], high = table[place / 256 + 1];
  return low + ((static_cast<std::int64_t>(high - low) * static_cast<int>(place % 256) + 128) >> 8);
}

/// sum of |weight| x largest |input| over the layer's filters.
std::int64_t largest_sum(const QuantizedTensor& input, const std::vector<std::int16_t>& weights,
                         std::size_t depth) {
  const std::int64_t largest_input = std::int64_t{1} << (input.bits - (input.is_signed ? 1 : 0));
  std::int64_t largest = 0;
  for (std::size_t first = 0; first < weights.size(); first += depth) {
    std::int64_t sum = 0;
    for (std::size_t i = first; i < first + depth; ++i) sum += std::abs(weights[i]);
    largest = std::max(largest, sum);
  }
  return largest * largest_input;
}

}  // namespace

LayerEvaluator::LayerEvaluator(const QuantizedNetwork& network, const QuantizedLayer& layer)
    : network_(network), layer_(layer) {
  if (layer.op != LayerOp::kConv) return;
  const QuantizedTensor& input = network.tensors[layer.input];
  shape_ = {input.shape, network.tensors[layer.output].shape, layer.window, layer.groups};
  constexpr std::int64_t kExactFloat = std::int64_t{1} << 24;
  // In double, 31 bits of product leave room for 2^22 of them.
  is_wide_ = largest_sum(input, layer.weights, shape_.depth()) > kExactFloat;
}

void LayerEvaluator::run(IntegerTensors& tensors) const {
  switch (layer_.op) {
    case LayerOp::kConv:
      is_wide_ ? convolve<double>(tensors) : convolve<float>(tensors);
      break;
    case LayerOp::kMaxPool:
    case LayerOp::kAvgPool:
      pool(tensors);
      break;
    case LayerOp::kAdd:
      add(tensors);
      break;
    case LayerOp::kLookup:
      look_up(tensors);
      break;
    case LayerOp::kHost:
      run_on_host(tensors);
      break;
  }
  const QuantizedTensor& output = network_.tensors[layer_.output];
  if (output.parent < 0) return;
  const std::int64_t plane = std::int64_t{output.shape.height} * output.shape.width;
  std::vector<std::int32_t>& parent = tensors[output.parent];
  parent.resize(network_.tensors[output.parent].shape.elements());
  std::copy(tensors[layer_.output].begin(), tensors[layer_.output].end(),
            parent.begin() + output.channel_offset * plane);
}

std::vector<const std::vector<std::int32_t>*> LayerEvaluator::host_inputs(
    const IntegerTensors& tensors) const {
  std::vector<const std::vector<std::int32_t>*> inputs;
  for (const int tensor : host_sources(layer_)) inputs.push_back(&tensors[tensor]);
  return inputs;
}

std::vector<float> LayerEvaluator::host_values(const IntegerTensors& tensors) const {
  return host_layer_values(network_, layer_, host_inputs(tensors));
}

void LayerEvaluator::run_on_host(IntegerTensors& tensors) const {
  tensors[layer_.output] = run_host_layer(network_, layer_, host_inputs(tensors));
}

template <typename T>
void LayerEvaluator::convolve(IntegerTensors& tensors) const {
  const std::vector<T> input(tensors[layer_.input].begin(), tensors[layer_.input].end());
  std::vector<T> sums(shape_.out.elements());
  std::vector<T> patches;
  eval::convolve(shape_, layer_.weights.data(), input.data(), sums.data(), patches);

  std::vector<std::int32_t>& output = tensors[layer_.output];
  output.resize(sums.size());
  const std::int64_t low = layer_.clip_low;
  const std::int64_t high = layer_.clip_high;
  const int pixels = shape_.pixels();
  for (int m = 0; m < shape_.out.channels; ++m) {
    for (int i = m * pixels; i < (m + 1) * pixels; ++i) {
      std::int64_t value = rescaled(static_cast<std::int64_t>(sums[i]) + layer_.bias[m], layer_.rescale[m]);
      if (layer_.operand >= 0) value += rescaled(tensors[layer_.operand][i], layer_.operand_rescale);
      value = std::clamp(value, low, high);
      output[i] = static_cast<std::int32_t>(layer_.table.empty() ? value : looked_up(layer_.table, value));
    }
  }
}

void LayerEvaluator::look_up(IntegerTensors& tensors) const {
  const std::vector<std::int32_t>& input = tensors[layer_.input];
  std::vector<std::int32_t>& output = tensors[layer_.output];
  output.resize(input.size());
  std::transform(input.begin(), input.end(), output.begin(),
                 [&](std::int32_t code) { return static_cast<std::int32_t>(looked_up(layer_.table, code)); });
}

void LayerEvaluator::pool(IntegerTensors& tensors) const {
  const Shape& in = network_.tensors[layer_.input].shape;
  const Shape& out = network_.tensors[layer_.output].shape;
  const Window& window = layer_.window;
  const std::vector<std::int32_t>& input = tensors[layer_.input];
  std::vector<std::int32_t> output;
  output.reserve(out.elements());
  for (int c = 0; c < out.channels; ++c) {
    const std::int32_t* plane = &input[std::int64_t{c} * in.height * in.width];
    for (int oy = 0; oy < out.height; ++oy) {
      const int top = oy * window.stride_h - window.pad_top;
      const std::pair rows{std::max(top, 0), std::min(top + window.kernel_h, in.height)};
      for (int ox = 0; ox < out.width; ++ox) {
        const int left = ox * window.stride_w - window.pad_left;
        const std::pair columns{std::max(left, 0), std::min(left + window.kernel_w, in.width)};
        std::int64_t largest = plane[rows.first * in.width + columns.first];
        std::int64_t sum = 0;
        for (int y = rows.first; y < rows.second; ++y) {
          for (int x = columns.first; x < columns.second; ++x) {
            largest = std::max<std::int64_t>(largest, plane[y * in.width + x]);
            sum += plane[y * in.width + x];
          }
        }
        std::int64_t value = largest;
        if (layer_.op == LayerOp::kAvgPool) {
          const std::int64_t valid =
              std::int64_t{rows.second - rows.first} * (columns.second - columns.first);
          value = rescaled(sum, layer_.rescale[(layer_.count_include_pad ? window.area() : valid) - 1]);
        }
        output.push_back(
            static_cast<std::int32_t>(std::clamp<std::int64_t>(value, layer_.clip_low, layer_.clip_high)));
      }
    }
  }
  tensors[layer_.output] = std::move(output);
}

void LayerEvaluator::add(IntegerTensors& tensors) const {
  const std::vector<std::int32_t>& input = tensors[layer_.input];
  const std::vector<std::int32_t>& operand = tensors[layer_.operand];
  std::vector<std::int32_t>& output = tensors[layer_.output];
  output.resize(input.size());
  for (std::size_t i = 0; i < output.size(); ++i) {
    const std::int64_t value =
        rescaled(input[i], layer_.rescale[0]) + rescaled(operand[i], layer_.operand_rescale);
    output[i] = static_cast<std::int32_t>(std::clamp<std::int64_t>(value, layer_.clip_low, layer_.clip_high));
  }
}

IntegerEvaluator::IntegerEvaluator(const QuantizedNetwork& network) : network_(network) {
  for (const QuantizedLayer& layer : network.layers) layers_.emplace_back(network, layer);
}

std::vector<std::int32_t> IntegerEvaluator::run(const std::vector<std::int32_t>& image) const {
  return std::move(run_all(image)[network_.output]);
}

IntegerTensors IntegerEvaluator::run_all(const std::vector<std::int32_t>& image) const {
  const std::int64_t expected = network_.tensors[network_.input].shape.elements();
  if (static_cast<std::int64_t>(image.size()) != expected) {
    throw std::invalid_argument(fmt::format("network {}: an image of {} elements; its input takes {}",
                                            network_.name, image.size(), expected));
  }
  IntegerTensors tensors(network_.tensors.size());
  tensors[network_.input] = image;
  for (const LayerEvaluator& layer : layers_) layer.run(tensors);
  return tensors;
}

std::vector<float> IntegerEvaluator::result_values(const IntegerTensors& tensors, int tensor) const {
  const auto writer = std::find_if(layers_.begin(), layers_.end(), [&](const LayerEvaluator& evaluator) {
    return on_host(evaluator.layer().op) && evaluator.layer().output == tensor;
  });
  if (writer != layers_.end()) return writer->host_values(tensors);
  return real_values(network_.tensors[tensor], tensors[tensor]);
}

std::vector<float> IntegerEvaluator::judged_values(const std::vector<std::int32_t>& image) const {
  return result_values(run_all(image), network_.output);
}

}  // namespace bitbalance::eval
