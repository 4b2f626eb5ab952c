// Operators that make a number of many: reductions, Softmax, normalizations.
#include <cmath>

#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test::onnx_reference {
namespace {

/// Sum of exponentials over all indices that `same` with the element's holds for.
Tensor softmax(const Call& call) {
  const Tensor& x = call.in(0);
  const bool flattens = call.opset() < 13;
  const std::size_t axis = call.axis(flattens ? 1 : -1);
  const auto sum = [&](const Dims& at) {
    double total = 0;
    tabulate(x.dims, [&](const Dims& other) {
      bool is_same = true;
      for (std::size_t d = 0; d < at.size(); ++d)
        is_same = is_same && (at[d] == other[d] || (flattens ? d >= axis : d == axis));
      if (is_same) total += std::exp(element(x, other));
      return 0.0;
    });
    return total;
  };
  return tabulate(x.dims, [&](const Dims& at) {
    const double p = std::exp(element(x, at)) / sum(at);
    return call.op() == "Softmax" ? p : std::log(p);
  });
}

Tensor normalize(const Call& call) {
  const Tensor& x = call.in(0);
  const double epsilon = call.number("epsilon", 1e-5F);
  if (call.op() == "BatchNormalization") {
    return tabulate(x.dims, [&](const Dims& at) {
      const std::int64_t c = at[1];
      return (element(x, at) - call.in(3).values[c]) / std::sqrt(call.in(4).values[c] + epsilon) *
                 call.in(1).values[c] +
             call.in(2).values[c];
    });
  }
  const bool is_layer = call.op() == "LayerNormalization";
  const std::size_t axis = is_layer ? call.axis(-1) : 2;
  return tabulate(x.dims, [&](const Dims& at) {
    std::vector<double> row;
    tabulate(x.dims, [&](const Dims& other) {
      if (std::equal(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(axis), other.begin()))
        row.push_back(element(x, other));
      return 0.0;
    });
    const auto count = static_cast<double>(row.size());
    const double mean = std::accumulate(row.begin(), row.end(), 0.0) / count;
    double variance = 0;
    for (const double v : row) variance += (v - mean) * (v - mean) / count;
    const double y = (element(x, at) - mean) / std::sqrt(variance + epsilon);
    if (!is_layer) return y * call.in(1).values[at[1]] + call.in(2).values[at[1]];
    return y * spread(call.in(1), at) + (call.has(2) ? spread(call.in(2), at) : 0.0);
  });
}

/// Of all elements whose channel is in the same group, a group being channels / num_groups channels.
Tensor normalize_groups(const Call& call) {
  const Tensor& x = call.in(0);
  const std::int64_t groups = call.integer("num_groups", 0), each = x.dims[1] / groups;
  return tabulate(x.dims, [&](const Dims& at) {
    std::vector<double> group;
    tabulate(x.dims, [&](const Dims& other) {
      if (other[0] == at[0] && other[1] / each == at[1] / each) group.push_back(element(x, other));
      return 0.0;
    });
    const auto count = static_cast<double>(group.size());
    const double mean = std::accumulate(group.begin(), group.end(), 0.0) / count;
    double variance = 0;
    for (const double v : group) variance += (v - mean) * (v - mean) / count;
    const std::int64_t of = call.opset() < 21 ? at[1] / each : at[1];
    return (element(x, at) - mean) / std::sqrt(variance + call.number("epsilon", 1e-5F)) *
               call.in(1).values[of] +
           call.in(2).values[of];
  });
}

/// By the root of the mean square over the dimensions from the axis on.
Tensor normalize_by_size(const Call& call) {
  const Tensor& x = call.in(0);
  const std::size_t axis = call.axis(-1);
  return tabulate(x.dims, [&](const Dims& at) {
    double squares = 0, count = 0;
    tabulate(x.dims, [&](const Dims& other) {
      if (!std::equal(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(axis), other.begin())) return 0.0;
      squares += element(x, other) * element(x, other);
      ++count;
      return 0.0;
    });
    return element(x, at) / std::sqrt(squares / count + call.number("epsilon", 1e-5F)) *
           spread(call.in(1), at);
  });
}

Tensor lrn(const Call& call) {
  const Tensor& x = call.in(0);
  const std::int64_t size = call.integer("size", 1);
  return tabulate(x.dims, [&](const Dims& at) {
    double squares = 0;
    for (std::int64_t c = 0; c < x.dims[1]; ++c) {
      if (c < at[1] - (size - 1) / 2 || c > at[1] + (size - 1) - (size - 1) / 2) continue;
      Dims other = at;
      other[1] = c;
      squares += std::pow(element(x, other), 2);
    }
    return element(x, at) / std::pow(call.number("bias", 1) +
                                         call.number("alpha", 1e-4F) / static_cast<double>(size) * squares,
                                     call.number("beta", 0.75));
  });
}

/// The elements of x that differ from `at` in these dimensions alone.
std::vector<double> row_of(const Tensor& x, const Dims& at, const std::vector<bool>& along) {
  std::vector<double> row;
  tabulate(x.dims, [&](const Dims& other) {
    bool is_in = true;
    for (std::size_t d = 0; d < at.size(); ++d) is_in = is_in && (along[d] || at[d] == other[d]);
    if (is_in) row.push_back(element(x, other));
    return 0.0;
  });
  return row;
}

double norm_of(const std::vector<double>& row, double p) {
  double sum = 0;
  for (const double v : row) sum += std::pow(std::fabs(v), p);
  return std::pow(sum, 1 / p);
}

Tensor lp_normalization(const Call& call) {
  const Tensor& x = call.in(0);
  std::vector<bool> along(x.dims.size(), false);
  along[call.axis(-1)] = true;
  const auto p = static_cast<double>(call.integer("p", 2));
  return tabulate(x.dims, [&](const Dims& at) { return element(x, at) / norm_of(row_of(x, at, along), p); });
}

Tensor global_lp_pool(const Call& call) {
  const Tensor& x = call.in(0);
  std::vector<bool> along(x.dims.size(), true);
  along[0] = along[1] = false;
  Dims dims(x.dims.size(), 1);
  dims[0] = x.dims[0];
  dims[1] = x.dims[1];
  const auto p = static_cast<double>(call.integer("p", 2));
  return tabulate(dims, [&](const Dims& at) { return norm_of(row_of(x, at, along), p); });
}

Tensor mean_variance_normalization(const Call& call) {
  const Tensor& x = call.in(0);
  std::vector<bool> along(x.dims.size(), false);
  for (const std::int64_t axis : call.list("axes", {0, 2, 3}))
    along[Call::normal(axis, x.dims.size())] = true;
  return tabulate(x.dims, [&](const Dims& at) {
    const std::vector<double> row = row_of(x, at, along);
    const auto count = static_cast<double>(row.size());
    const double mean = std::accumulate(row.begin(), row.end(), 0.0) / count;
    double squares = 0;
    for (const double v : row) squares += (v - mean) * (v - mean);
    return (element(x, at) - mean) / (std::sqrt(squares / count) + 1e-9);
  });
}

}  // namespace

Tensor reduce(const Call& call) {
  const Tensor& x = call.in(0);
  const bool axes_are_input = call.opset() >= (call.op() == "ReduceSum" ? 13 : 18);
  Dims axes = axes_are_input ? call.list("axes", std::size_t{1}) : call.list("axes");
  std::vector<bool> gone(x.dims.size(), axes.empty() && call.integer("noop_with_empty_axes", 0) == 0);
  for (const std::int64_t axis : axes) gone[Call::normal(axis, x.dims.size())] = true;
  Dims kept = x.dims;
  for (std::size_t d = 0; d < kept.size(); ++d) kept[d] = gone[d] ? 1 : kept[d];
  const std::string kind = call.op().substr(6);
  Tensor result = tabulate(kept, [&](const Dims& to) {
    std::vector<double> row;
    tabulate(x.dims, [&](const Dims& at) {
      bool is_in = true;
      for (std::size_t d = 0; d < at.size(); ++d) is_in = is_in && (gone[d] || at[d] == to[d]);
      if (is_in) row.push_back(element(x, at));
      return 0.0;
    });
    const auto sum = [&](double (*f)(double)) {
      return std::accumulate(row.begin(), row.end(), 0.0, [f](double s, double v) { return s + f(v); });
    };
    const auto square = [](double v) { return v * v; };
    const auto same = [](double v) { return v; };
    if (kind == "L1") return sum([](double v) { return std::fabs(v); });
    if (kind == "L2") return std::sqrt(sum(square));
    if (kind == "LogSum") return std::log(sum(same));
    if (kind == "LogSumExp") return std::log(sum([](double v) { return std::exp(v); }));
    if (kind == "Max") return *std::max_element(row.begin(), row.end());
    if (kind == "Mean") return sum(same) / static_cast<double>(row.size());
    if (kind == "Min") return *std::min_element(row.begin(), row.end());
    if (kind == "Prod") return std::accumulate(row.begin(), row.end(), 1.0, std::multiplies<>());
    if (kind == "SumSquare") return sum(square);
    return sum(same);
  });
  if (call.integer("keepdims", 1) == 0) {
    Dims left;
    for (std::size_t d = 0; d < kept.size(); ++d)
      if (!gone[d]) left.push_back(kept[d]);
    result.dims = left;
  }
  return result;
}

const References& reductions() {
  static const References table = {
      {"BatchNormalization", normalize},
      {"GroupNormalization", normalize_groups},
      {"GlobalLpPool", global_lp_pool},
      {"LpNormalization", lp_normalization},
      {"MeanVarianceNormalization", mean_variance_normalization},
      {"InstanceNormalization", normalize},
      {"LRN", lrn},
      {"LayerNormalization", normalize},
      {"LogSoftmax", softmax},
      {"RMSNormalization", normalize_by_size},
      {"Softmax", softmax},
  };
  return table;
}

}  // namespace bitbalance::test::onnx_reference
