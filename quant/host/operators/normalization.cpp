// Operators that relate an element to the others of its row, channel or neighbourhood.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/checked.h"
#include "quant/host/operator_traits.h"
#include "quant/host/operators/families.h"

namespace bitbalance::host {
namespace {

HostTensor softmax(const HostOperator& op, const HostView& x, bool logarithm) {
  const bool one_axis = softmax_has_one_axis(op.opset);
  const std::size_t axis =
      normal_axis(op.attributes.integer("axis", softmax_default_axis(op.opset)), x.dims.size());
  const std::int64_t count = one_axis ? x.dims[axis] : element_count(x.dims, axis);
  const std::int64_t step = one_axis ? element_count(x.dims, axis + 1) : 1;
  HostTensor result = HostTensor::result(x.dims, x.is_outline());
  if (x.is_outline()) return result;
  for (std::int64_t row = 0; row < x.size() / std::max<std::int64_t>(count, 1); ++row) {
    const std::int64_t first = row / step * step * count + row % step;
    float largest = x.values[first];
    for (std::int64_t i = 1; i < count; ++i) largest = std::max(largest, x.values[first + i * step]);
    float sum = 0;
    for (std::int64_t i = 0; i < count; ++i)
      sum += result.values[first + i * step] = std::exp(x.values[first + i * step] - largest);
    for (std::int64_t i = 0; i < count; ++i) {
      float& value = result.values[first + i * step];
      value = logarithm ? x.values[first + i * step] - largest - std::log(sum) : value / sum;
    }
  }
  return result;
}

/// y[c] = x[c] / (bias + alpha / size * sum of x[i]^2)^beta, i over the `size` channels around c that exist;
/// an even size reaches further up.
HostTensor local_response(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  if (x.dims.size() < 2) throw std::invalid_argument(fmt::format("input of {}", to_string(x.dims)));
  const std::int64_t size = op.attributes.integer("size", 1);
  if (size < 1 || size > kLargestExtent)
    throw std::invalid_argument(fmt::format("size {}; accepted: 1 to {}", size, kLargestExtent));
  const float alpha = op.attributes.number("alpha", 1e-4F), beta = op.attributes.number("beta", 0.75F);
  const float bias = op.attributes.number("bias", 1);
  const std::int64_t channels = x.dims[1], plane = element_count(x.dims, 2);
  HostTensor result = HostTensor::result(x.dims, x.is_outline());
  if (x.is_outline()) return result;
  for (std::int64_t n = 0; n < x.dims[0]; ++n) {
    const float* image = x.values + n * channels * plane;
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t first = std::max<std::int64_t>(0, c - (size - 1) / 2);
      const std::int64_t last = std::min(channels - 1, c + size / 2);
      for (std::int64_t i = 0; i < plane; ++i) {
        float squares = 0;
        for (std::int64_t k = first; k <= last; ++k) squares += image[k * plane + i] * image[k * plane + i];
        result.values[(n * channels + c) * plane + i] =
            image[c * plane + i] / std::pow(bias + alpha / static_cast<float>(size) * squares, beta);
      }
    }
  }
  return result;
}

/// (x - mean) / sqrt(variance + epsilon) of every run of `count` elements.
HostTensor standardize(const HostView& x, std::int64_t count, float epsilon) {
  HostTensor result(x.dims);
  for (std::int64_t first = 0; first < x.size(); first += count) {
    double sum = 0, squares = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += x.values[first + i];
    const double mean = sum / static_cast<double>(count);
    for (std::int64_t i = 0; i < count; ++i) squares += std::pow(x.values[first + i] - mean, 2);
    const double factor = 1 / std::sqrt(squares / static_cast<double>(count) + epsilon);
    for (std::int64_t i = 0; i < count; ++i)
      result.values[first + i] = static_cast<float>((x.values[first + i] - mean) * factor);
  }
  return result;
}

HostTensor layer_normalization(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const std::size_t axis = normal_axis(op.attributes.integer("axis", -1), x.dims.size());
  const auto steps = [&](std::size_t i) { return broadcast_strides(operands.at(i).dims, x.dims); };
  Odometer at(x.dims, {steps(1), operands.size() > 2 ? steps(2) : broadcast_strides({}, x.dims)});
  if (has_outline(operands)) return HostTensor::result(x.dims, true);
  HostTensor result = standardize(x, element_count(x.dims, axis), op.attributes.number("epsilon", 1e-5F));
  for (float& value : result.values) {
    value *= operands.at(1).values[at.offset(0)];
    if (operands.size() > 2) value += operands.at(2).values[at.offset(1)];
    at.next();
  }
  return result;
}

HostTensor instance_normalization(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  if (x.dims.size() < 3 || operands.at(1).size() != x.dims[1] || operands.at(2).size() != x.dims[1]) {
    throw std::invalid_argument(fmt::format("input of {} with {} scales and {} biases", to_string(x.dims),
                                            operands.at(1).size(), operands.at(2).size()));
  }
  if (has_outline(operands)) return HostTensor::result(x.dims, true);
  const std::int64_t plane = element_count(x.dims, 2);
  HostTensor result = standardize(x, plane, op.attributes.number("epsilon", 1e-5F));
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    const std::int64_t channel = static_cast<std::int64_t>(i) / plane % x.dims[1];
    result.values[i] = result.values[i] * operands.at(1).values[channel] + operands.at(2).values[channel];
  }
  return result;
}

}  // namespace

HostFunctions normalization_operators() {
  return {
      {"InstanceNormalization", instance_normalization},
      {"LRN", local_response},
      {"LayerNormalization", layer_normalization},
      {"LogSoftmax", [](const HostOperator& op,
                        const std::vector<HostView>& operands) { return softmax(op, operands.at(0), true); }},
      {"Softmax", [](const HostOperator& op,
                     const std::vector<HostView>& operands) { return softmax(op, operands.at(0), false); }},
  };
}

}  // namespace bitbalance::host
