// Products of two tensors, and the transposed convolution.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "quant/host/operators/families.h"
#include "quant/host/operators/product.h"

namespace bitbalance::host {
namespace {

/// result[m][n] += a[m][k] * b[k][n], row by row: b's rows and the result's are walked in order.
void multiply(const float* a, const float* b, float* result, std::int64_t m, std::int64_t k, std::int64_t n) {
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t p = 0; p < k; ++p) {
      const float factor = a[i * k + p];
      for (std::int64_t j = 0; j < n; ++j) result[i * n + j] += factor * b[p * n + j];
    }
  }
}

/// A vector is a row on the left, a column on the right; dimensions before the last two broadcast.
HostTensor matmul(const HostOperator& /*op*/, const std::vector<HostView>& operands) {
  Dims left = operands.at(0).dims, right = operands.at(1).dims;
  if (left.empty() || right.empty()) throw std::invalid_argument("product with a single value");
  const bool is_row = left.size() == 1, is_column = right.size() == 1;
  if (is_row) left.insert(left.begin(), 1);
  if (is_column) right.push_back(1);
  const std::int64_t m = left[left.size() - 2], k = left.back(), n = right.back();
  if (right[right.size() - 2] != k) {
    throw std::invalid_argument(
        fmt::format("product of {} and {}", to_string(operands.at(0).dims), to_string(operands.at(1).dims)));
  }
  left.resize(left.size() - 2);
  right.resize(right.size() - 2);
  Dims dims = broadcast(left, right);
  Odometer at(dims, {broadcast_strides(left, dims), broadcast_strides(right, dims)});
  const std::int64_t matrices = element_count(dims);
  if (!is_row) dims.push_back(m);
  if (!is_column) dims.push_back(n);
  const bool is_outline = has_outline(operands);
  HostTensor result = HostTensor::result(dims, is_outline);
  if (is_outline) return result;
  for (std::int64_t i = 0; i < matrices; ++i, at.next()) {
    multiply(operands.at(0).values + at.offset(0) * m * k, operands.at(1).values + at.offset(1) * k * n,
             result.values.data() + i * m * n, m, k, n);
  }
  return result;
}

HostTensor transposed(const HostView& x) {
  HostTensor result = HostTensor::result({x.dims[1], x.dims[0]}, x.is_outline());
  if (x.is_outline()) return result;
  for (std::int64_t i = 0; i < x.dims[0]; ++i) {
    for (std::int64_t j = 0; j < x.dims[1]; ++j)
      result.values[j * x.dims[0] + i] = x.values[i * x.dims[1] + j];
  }
  return result;
}

HostTensor gemm(const HostOperator& op, const std::vector<HostView>& operands) {
  std::array<HostTensor, 2> turned;
  std::vector<HostView> factors = {operands.at(0), operands.at(1)};
  for (std::size_t i = 0; i < 2; ++i) {
    if (factors[i].dims.size() != 2) {
      throw std::invalid_argument(
          fmt::format("factor of {}; accepted: two dimensions", to_string(factors[i].dims)));
    }
    if (op.attributes.integer(i == 0 ? "transA" : "transB", 0) == 0) continue;
    turned[i] = transposed(factors[i]);
    factors[i] = turned[i];
  }
  HostTensor result = matmul(op, factors);
  const float alpha = op.attributes.number("alpha", 1);
  for (float& value : result.values) value *= alpha;
  if (operands.size() > 2) {
    const float beta = op.attributes.number("beta", 1);
    Odometer at(result.dims, {broadcast_strides(operands.at(2).dims, result.dims)});
    if (operands.at(2).is_outline()) return HostTensor::result(result.dims, true);
    for (float& value : result.values) {
      value += beta * operands.at(2).values[at.offset(0)];
      at.next();
    }
  }
  return result;
}

/// One dimension of a transposed convolution: output = stride * input + dilation * tap - pad.
struct Spread {
  std::int64_t input = 1, kernel = 1, stride = 1, dilation = 1, pad = 0, output = 1;
};

std::int64_t listed(const std::vector<std::int64_t>& list, std::size_t index, std::int64_t fallback) {
  return index < list.size() ? list[index] : fallback;
}

Spread read_spread(const HostOperator& op, std::int64_t input, std::int64_t kernel, std::size_t d,
                   std::size_t rank) {
  const HostAttributes& attributes = op.attributes;
  for (const char* name : {"strides", "dilations", "output_shape"})
    check_range(name, attributes.list(name), 1);
  for (const char* name : {"pads", "output_padding"}) check_range(name, attributes.list(name), 0);
  Spread spread;
  spread.input = input;
  spread.kernel = kernel;
  spread.stride = listed(attributes.list("strides"), d, 1);
  spread.dilation = listed(attributes.list("dilations"), d, 1);
  const std::int64_t extra = listed(attributes.list("output_padding"), d, 0);
  const std::int64_t full = spread.stride * (input - 1) + extra + spread.dilation * (kernel - 1) + 1;
  const std::string automatic = attributes.word("auto_pad", "NOTSET");
  const std::vector<std::int64_t> shape = attributes.list("output_shape");
  if (!shape.empty() && shape.size() < rank) {
    throw std::invalid_argument(
        fmt::format("output_shape is {}; accepted: {} extents", to_string(shape), rank));
  }
  if (!shape.empty() || automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    spread.output = shape.empty() ? input * spread.stride : shape[shape.size() - rank + d];
    const std::int64_t total = std::max<std::int64_t>(0, full - spread.output);
    constexpr std::int64_t kSplitsAsNow = 11;
    if (total % 2 != 0 && op.opset < kSplitsAsNow) {
      throw std::invalid_argument(fmt::format(
          "padding of {}; accepted before operator set {}: even ones, as that splits odd ones otherwise",
          total, kSplitsAsNow));
    }
    spread.pad = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
  } else {
    spread.pad = automatic == "VALID" ? 0 : listed(attributes.list("pads"), d, 0);
    spread.output =
        full - spread.pad - (automatic == "VALID" ? 0 : listed(attributes.list("pads"), rank + d, 0));
  }
  if (spread.output < 1 || spread.output > kMostElements)
    throw std::invalid_argument(fmt::format("an output extent of {}", spread.output));
  return spread;
}

/// Adds the filter, times each element of a plane, where that is spread to; from the dimension `d` on.
void scatter(const std::vector<Spread>& spreads, std::size_t d, const float* from, const float* filter,
             float* to) {
  const auto inner = [&](std::int64_t Spread::*extent) {
    std::int64_t count = 1;
    for (std::size_t i = d + 1; i < spreads.size(); ++i) count *= spreads[i].*extent;
    return count;
  };
  const Spread& line = spreads[d];
  const std::int64_t inputs = inner(&Spread::input), taps = inner(&Spread::kernel),
                     outputs = inner(&Spread::output);
  const bool is_last = d + 1 == spreads.size();
  for (std::int64_t i = 0; i < line.input; ++i) {
    for (std::int64_t k = 0; k < line.kernel; ++k) {
      const std::int64_t at = i * line.stride + k * line.dilation - line.pad;
      if (at < 0 || at >= line.output) continue;
      if (is_last) {
        to[at] += from[i] * filter[k];
      } else {
        scatter(spreads, d + 1, from + i * inputs, filter + k * taps, to + at * outputs);
      }
    }
  }
}

/// Inputs [n][c][...], weights [c][m / groups][...]; one to three dimensions of space.
HostTensor conv_transpose(const HostOperator& op, const std::vector<HostView>& operands) {
  const HostView& x = operands.at(0);
  const HostView& weights = operands.at(1);
  const std::int64_t groups = op.attributes.integer("group", 1);
  const std::size_t rank = x.dims.size() < 2 ? 0 : x.dims.size() - 2;
  if (rank < 1 || rank > 3) {
    throw std::invalid_argument(
        fmt::format("input of {}; accepted: one to three dimensions of space", to_string(x.dims)));
  }
  if (weights.dims.size() != x.dims.size() || weights.dims[0] != x.dims[1] || groups < 1 ||
      x.dims[1] % groups != 0 || checked_count(weights.dims) == 0) {
    throw std::invalid_argument(fmt::format("weights {} in {} groups over {} input channels do not fit",
                                            to_string(weights.dims), groups, x.dims[1]));
  }
  const Dims kernel(weights.dims.begin() + 2, weights.dims.end());
  if (const Dims named = op.attributes.list("kernel_shape"); !named.empty() && named != kernel) {
    throw std::invalid_argument(
        fmt::format("kernel_shape is {}; accepted: the weights' {}", to_string(named), to_string(kernel)));
  }
  const std::int64_t group_outputs = weights.dims[1], group_inputs = x.dims[1] / groups;
  const std::int64_t outputs = group_outputs * groups;
  std::vector<Spread> spreads;
  Dims dims = {x.dims[0], outputs};
  for (std::size_t d = 0; d < rank; ++d) {
    spreads.push_back(read_spread(op, x.dims[d + 2], kernel[d], d, rank));
    dims.push_back(spreads.back().output);
  }
  const bool is_outline = has_outline(operands);
  HostTensor result = HostTensor::result(dims, is_outline);
  if (operands.size() > 2 && operands.at(2).size() != outputs) {
    throw std::invalid_argument(
        fmt::format("a bias of {}; accepted: {} values", to_string(operands.at(2).dims), outputs));
  }
  if (is_outline) return result;
  const std::int64_t plane = element_count(dims, 2);
  if (operands.size() > 2) {
    for (std::size_t i = 0; i < result.values.size(); ++i)
      result.values[i] = operands.at(2).values[static_cast<std::int64_t>(i) / plane % outputs];
  }
  const std::int64_t in_plane = element_count(x.dims, 2), area = element_count(kernel);
  for (std::int64_t n = 0; n < x.dims[0]; ++n) {
    for (std::int64_t c = 0; c < x.dims[1]; ++c) {
      for (std::int64_t m = 0; m < group_outputs; ++m) {
        scatter(spreads, 0, x.values + (n * x.dims[1] + c) * in_plane,
                weights.values + (c * group_outputs + m) * area,
                &result.values[(n * outputs + c / group_inputs * group_outputs + m) * plane]);
      }
    }
  }
  return result;
}

}  // namespace

std::int64_t product_macs(const HostOperator& op, const std::vector<Dims>& operands) {
  if (op.type == "Einsum") return einsum_macs(op, operands);
  if (operands.size() < 2 || operands[0].empty()) return 0;
  if (op.type == "MatMul") return element_count(op.result) * operands[0].back();
  if (op.type == "Gemm") {
    const bool is_turned = op.attributes.integer("transA", 0) != 0;
    return element_count(op.result) * (is_turned ? operands[0].front() : operands[0].back());
  }
  if (op.type == "ConvTranspose") return element_count(operands[0]) * element_count(operands[1], 1);
  return 0;
}

HostFunctions product_operators() {
  return {{"ConvTranspose", conv_transpose}, {"Gemm", gemm}, {"MatMul", matmul}};
}

}  // namespace bitbalance::host
