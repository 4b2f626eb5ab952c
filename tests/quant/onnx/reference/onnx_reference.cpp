#include "tests/quant/onnx/reference/onnx_reference.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>

namespace bitbalance::test {
namespace {

using Dims = std::vector<std::int64_t>;
using Tensor = ReferenceTensor;
using Inputs = std::vector<const Tensor*>;

std::int64_t volume(const Dims& dims) {
  return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

/// The tensor whose element at an index is f(index).
template <class Function>
Tensor tabulate(const Dims& dims, Function f) {
  Tensor t{dims, {}};
  for (std::int64_t i = 0; i < volume(dims); ++i) {
    Dims at(dims.size());
    std::int64_t rest = i;
    for (std::size_t d = dims.size(); d-- > 0; rest /= dims[d]) at[d] = rest % dims[d];
    t.values.push_back(f(at));
  }
  return t;
}

double element(const Tensor& t, const Dims& at) {
  std::int64_t offset = 0;
  for (std::size_t d = 0; d < at.size(); ++d) offset = offset * t.dims[d] + at[d];
  return t.values[offset];
}

/// The element of a tensor that broadcasts to the index's rank.
double spread(const Tensor& t, const Dims& at) {
  Dims own(at.end() - static_cast<std::ptrdiff_t>(t.dims.size()), at.end());
  for (std::size_t d = 0; d < own.size(); ++d) own[d] = t.dims[d] == 1 ? 0 : own[d];
  return element(t, own);
}

Dims joint(const Dims& a, const Dims& b) {
  Dims result(std::max(a.size(), b.size()), 1);
  for (const Dims* dims : {&a, &b}) {
    for (std::size_t d = 0; d < dims->size(); ++d) {
      std::int64_t& extent = result[result.size() - dims->size() + d];
      extent = std::max(extent, (*dims)[d]);
    }
  }
  return result;
}

/// A node, its operator set and its inputs: attributes by name, or the input that took an attribute's place.
class Call {
 public:
  Call(const onnx::NodeProto& node, std::int64_t opset, const Inputs& inputs)
      : node_(node), opset_(opset), inputs_(inputs) {}

  const std::string& op() const { return node_.op_type(); }
  std::int64_t opset() const { return opset_; }
  int outputs() const { return node_.output_size(); }
  bool has(std::size_t i) const { return i < inputs_.size() && inputs_[i] != nullptr; }
  const Tensor& in(std::size_t i) const { return *inputs_.at(i); }
  const Inputs& inputs() const { return inputs_; }

  std::int64_t integer(const char* name, std::int64_t fallback) const {
    const auto* a = find(name);
    return a == nullptr ? fallback : a->i();
  }
  double number(const char* name, double fallback) const {
    const auto* a = find(name);
    return a == nullptr ? fallback : a->f();
  }
  std::string word(const char* name, const char* fallback) const {
    const auto* a = find(name);
    return a == nullptr ? fallback : a->s();
  }
  Dims list(const char* name, const Dims& fallback = {}) const {
    const auto* a = find(name);
    return a == nullptr ? fallback : Dims(a->ints().begin(), a->ints().end());
  }
  Dims list(const char* name, std::size_t input) const {
    if (!has(input)) return list(name);
    return {in(input).values.begin(), in(input).values.end()};
  }
  std::size_t axis(std::int64_t fallback) const {
    return normal(integer("axis", fallback), in(0).dims.size());
  }

  static std::size_t normal(std::int64_t axis, std::size_t rank) {
    return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
  }

 private:
  const onnx::AttributeProto* find(const std::string& name) const {
    for (const auto& a : node_.attribute())
      if (a.name() == name) return &a;
    return nullptr;
  }

  const onnx::NodeProto& node_;
  std::int64_t opset_;
  const Inputs& inputs_;
};

using Unary = std::function<double(const Call&, double)>;

const std::map<std::string, Unary>& unary_operators() {
  static const auto plain = [](double (*f)(double)) {
    return [f](const Call& /*call*/, double x) { return f(x); };
  };
  static const auto elu = [](double x, double alpha) { return x < 0 ? alpha * (std::exp(x) - 1) : x; };
  static const std::map<std::string, Unary> table = {
      {"Abs", plain([](double x) { return std::fabs(x); })},
      {"Cast", plain([](double x) { return x; })},
      {"Ceil", plain([](double x) { return std::ceil(x); })},
      {"Celu",
       [](const Call& c, double x) {
         const double a = c.number("alpha", 1);
         return std::max(0.0, x) + std::min(0.0, a * (std::exp(x / a) - 1));
       }},
      {"Cos", plain([](double x) { return std::cos(x); })},
      {"Dropout", plain([](double x) { return x; })},
      {"Elu", [](const Call& c, double x) { return elu(x, c.number("alpha", 1)); }},
      {"Erf", plain([](double x) { return std::erf(x); })},
      {"Exp", plain([](double x) { return std::exp(x); })},
      {"Floor", plain([](double x) { return std::floor(x); })},
      {"Gelu",
       [](const Call& c, double x) {
         constexpr double kPi = 3.14159265358979323846;
         const bool is_rough = c.word("approximate", "none") == "tanh";
         const double bend = is_rough ? std::tanh(std::sqrt(2 / kPi) * (x + 0.044715 * x * x * x))
                                      : std::erf(x / std::sqrt(2.0));
         return x / 2 * (1 + bend);
       }},
      {"HardSigmoid",
       [](const Call& c, double x) {
         return std::max(0.0, std::min(1.0, c.number("alpha", 0.2F) * x + c.number("beta", 0.5)));
       }},
      {"HardSwish", plain([](double x) { return x * std::max(0.0, std::min(1.0, x / 6 + 0.5)); })},
      {"Identity", plain([](double x) { return x; })},
      {"LeakyRelu", [](const Call& c, double x) { return x < 0 ? c.number("alpha", 0.01F) * x : x; }},
      {"Log", plain([](double x) { return std::log(x); })},
      {"Mish", plain([](double x) { return x * std::tanh(std::log(1 + std::exp(x))); })},
      {"Neg", plain([](double x) { return -x; })},
      {"Not", plain([](double x) { return x == 0 ? 1.0 : 0.0; })},
      {"Reciprocal", plain([](double x) { return 1 / x; })},
      {"Relu", plain([](double x) { return std::max(0.0, x); })},
      {"Round", plain([](double x) { return std::nearbyint(x); })},
      {"Selu",
       [](const Call& c, double x) {
         return c.number("gamma", 1.05070102214813232421875) *
                elu(x, c.number("alpha", 1.67326319217681884765625));
       }},
      {"Sigmoid", plain([](double x) { return 1 / (1 + std::exp(-x)); })},
      {"Sign", plain([](double x) { return x > 0   ? 1.0
                                           : x < 0 ? -1.0
                                                   : 0.0; })},
      {"Sin", plain([](double x) { return std::sin(x); })},
      {"Softplus", plain([](double x) { return std::log(1 + std::exp(x)); })},
      {"Softsign", plain([](double x) { return x / (1 + std::fabs(x)); })},
      {"Sqrt", plain([](double x) { return std::sqrt(x); })},
      {"Swish", [](const Call& c, double x) { return x / (1 + std::exp(-c.number("alpha", 1) * x)); }},
      {"Tanh", plain([](double x) { return std::tanh(x); })},
      {"ThresholdedRelu", [](const Call& c, double x) { return x > c.number("alpha", 1) ? x : 0.0; }},
  };
  return table;
}

using Binary = double (*)(double, double);

/// Of any number of operands.
const std::map<std::string, Binary>& binary_operators() {
  static const std::map<std::string, Binary> table = {
      {"Add", [](double a, double b) { return a + b; }},
      {"And", [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; }},
      {"Div", [](double a, double b) { return a / b; }},
      {"Equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
      {"Greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }},
      {"GreaterOrEqual", [](double a, double b) { return a >= b ? 1.0 : 0.0; }},
      {"Less", [](double a, double b) { return a < b ? 1.0 : 0.0; }},
      {"LessOrEqual", [](double a, double b) { return a <= b ? 1.0 : 0.0; }},
      {"Max", [](double a, double b) { return std::max(a, b); }},
      {"Mean", [](double a, double b) { return a + b; }},
      {"Min", [](double a, double b) { return std::min(a, b); }},
      {"Mul", [](double a, double b) { return a * b; }},
      {"Or", [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; }},
      {"PRelu", [](double a, double b) { return a < 0 ? a * b : a; }},
      {"Pow", [](double a, double b) { return std::pow(a, b); }},
      {"Sub", [](double a, double b) { return a - b; }},
      {"Sum", [](double a, double b) { return a + b; }},
      {"Xor", [](double a, double b) { return (a != 0) != (b != 0) ? 1.0 : 0.0; }},
  };
  return table;
}

Tensor combine(const Call& call, Binary f) {
  Tensor result = call.in(0);
  for (std::size_t i = 1; i < call.inputs().size(); ++i) {
    const Tensor left = result;
    result = tabulate(joint(left.dims, call.in(i).dims),
                      [&](const Dims& at) { return f(spread(left, at), spread(call.in(i), at)); });
  }
  if (call.op() == "Mean")
    for (double& value : result.values) value /= static_cast<double>(call.inputs().size());
  return result;
}

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

Tensor reduce(const Call& call) {
  const Tensor& x = call.in(0);
  const bool axes_are_input = call.opset() >= (call.op() == "ReduceSum" ? 13 : 18);
  Dims axes = axes_are_input ? call.list("axes", std::size_t{1}) : call.list("axes");
  if (axes.empty() && call.integer("noop_with_empty_axes", 0) != 0) return x;
  std::vector<bool> gone(x.dims.size(), axes.empty());
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

Tensor clip(const Call& call) {
  double low = -INFINITY, high = INFINITY;
  if (call.opset() < 11) {
    low = call.number("min", low);
    high = call.number("max", high);
  } else {
    if (call.has(1)) low = call.in(1).values[0];
    if (call.has(2)) high = call.in(2).values[0];
  }
  return tabulate(call.in(0).dims,
                  [&](const Dims& at) { return std::min(high, std::max(low, element(call.in(0), at))); });
}

Tensor pad(const Call& call) {
  const Tensor& x = call.in(0);
  const std::size_t rank = x.dims.size();
  const Dims pads = call.opset() < 11 ? call.list("pads") : call.list("pads", std::size_t{1});
  const double value = call.opset() < 11 ? call.number("value", 0) : call.has(2) ? call.in(2).values[0] : 0;
  const std::string mode = call.word("mode", "constant");
  Dims dims = x.dims;
  for (std::size_t d = 0; d < rank; ++d) dims[d] += pads[d] + pads[rank + d];
  return tabulate(dims, [&](Dims at) {
    for (std::size_t d = 0; d < rank; ++d) {
      std::int64_t& i = at[d];
      i -= pads[d];
      const std::int64_t last = x.dims[d] - 1;
      if (i >= 0 && i <= last) continue;
      if (mode == "constant") return value;
      if (mode == "edge") i = i < 0 ? 0 : last;
      if (mode == "reflect") i = i < 0 ? -i : 2 * last - i;
    }
    return element(x, at);
  });
}

/// As Python slices.
Tensor slice(const Call& call) {
  const Tensor& x = call.in(0);
  const bool old = call.opset() < 10;
  const Dims starts = old ? call.list("starts") : call.list("starts", std::size_t{1});
  const Dims ends = old ? call.list("ends") : call.list("ends", std::size_t{2});
  const Dims axes = old ? call.list("axes") : call.list("axes", std::size_t{3});
  const Dims steps = old ? Dims() : call.list("steps", std::size_t{4});
  std::vector<Dims> picked(x.dims.size());
  for (std::size_t d = 0; d < x.dims.size(); ++d) {
    picked[d].resize(x.dims[d]);
    std::iota(picked[d].begin(), picked[d].end(), 0);
  }
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t d = axes.empty() ? i : Call::normal(axes[i], x.dims.size());
    const std::int64_t n = x.dims[d], step = steps.empty() ? 1 : steps[i];
    picked[d].clear();
    const auto from_end = [n](std::int64_t at) { return at < 0 ? at + n : at; };
    std::int64_t at = std::max<std::int64_t>(from_end(starts[i]), step > 0 ? 0 : -1);
    if (step < 0) at = std::min(at, n - 1);
    for (const std::int64_t end = from_end(ends[i]);
         step > 0 ? at < std::min(end, n) : at > std::max<std::int64_t>(end, -1); at += step)
      picked[d].push_back(at);
  }
  Dims dims;
  for (const Dims& p : picked) dims.push_back(static_cast<std::int64_t>(p.size()));
  return tabulate(dims, [&](Dims at) {
    for (std::size_t d = 0; d < at.size(); ++d) at[d] = picked[d][at[d]];
    return element(x, at);
  });
}

std::vector<Tensor> split(const Call& call) {
  const Tensor& x = call.in(0);
  const std::size_t axis = call.axis(0);
  Dims parts = call.opset() < 13 ? call.list("split") : call.list("split", std::size_t{1});
  if (parts.empty()) parts.assign(call.outputs(), x.dims[axis] / call.outputs());
  std::vector<Tensor> results;
  std::int64_t start = 0;
  for (const std::int64_t part : parts) {
    Dims dims = x.dims;
    dims[axis] = part;
    results.push_back(tabulate(dims, [&](Dims at) {
      at[axis] += start;
      return element(x, at);
    }));
    start += part;
  }
  return results;
}

/// The same elements under other extents.
Tensor view(const Call& call) {
  Tensor result = call.in(0);
  const Dims in = result.dims;
  Dims& dims = result.dims;
  if (call.op() == "Flatten") {
    const std::int64_t axis = call.integer("axis", 1);
    const auto cut = in.begin() + (axis < 0 ? axis + static_cast<std::int64_t>(in.size()) : axis);
    dims = {volume({in.begin(), cut}), volume({cut, in.end()})};
  } else if (call.op() == "Reshape") {
    dims = call.list("shape", std::size_t{1});
    for (std::size_t d = 0; d < dims.size(); ++d)
      if (dims[d] == 0 && call.integer("allowzero", 0) == 0) dims[d] = in[d];
    const auto rest = std::find(dims.begin(), dims.end(), -1);
    if (rest != dims.end()) *rest = volume(in) / -volume(dims);
  } else if (call.op() == "Squeeze") {
    const Dims axes = call.opset() < 13 ? call.list("axes") : call.list("axes", std::size_t{1});
    std::vector<bool> gone(in.size(), false);
    for (const std::int64_t axis : axes) gone[Call::normal(axis, in.size())] = true;
    dims.clear();
    for (std::size_t d = 0; d < in.size(); ++d)
      if (axes.empty() ? in[d] != 1 : !gone[d]) dims.push_back(in[d]);
  } else {  // Unsqueeze
    Dims axes = call.opset() < 13 ? call.list("axes") : call.list("axes", std::size_t{1});
    for (std::int64_t& axis : axes)
      axis = static_cast<std::int64_t>(Call::normal(axis, in.size() + axes.size()));
    std::sort(axes.begin(), axes.end());
    for (const std::int64_t axis : axes) dims.insert(dims.begin() + axis, 1);
  }
  return result;
}

Tensor transpose(const Call& call) {
  const Tensor& x = call.in(0);
  Dims perm = call.list("perm");
  if (perm.empty())
    for (std::size_t d = x.dims.size(); d-- > 0;) perm.push_back(static_cast<std::int64_t>(d));
  Dims dims;
  for (const std::int64_t axis : perm) dims.push_back(x.dims[axis]);
  return tabulate(dims, [&](const Dims& at) {
    Dims from(at.size());
    for (std::size_t d = 0; d < at.size(); ++d) from[perm[d]] = at[d];
    return element(x, from);
  });
}

Tensor concat(const Call& call) {
  const std::size_t axis = call.axis(0);
  Dims dims = call.in(0).dims;
  dims[axis] = 0;
  for (const Tensor* part : call.inputs()) dims[axis] += part->dims[axis];
  return tabulate(dims, [&](Dims at) {
    std::size_t i = 0;
    for (; at[axis] >= call.in(i).dims[axis]; ++i) at[axis] -= call.in(i).dims[axis];
    return element(call.in(i), at);
  });
}

Tensor gather(const Call& call) {
  const Tensor &x = call.in(0), &indices = call.in(1);
  const std::size_t axis = call.axis(0), more = indices.dims.size();
  Dims dims(x.dims.begin(), x.dims.begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims.begin(), indices.dims.end());
  dims.insert(dims.end(), x.dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, x.dims.end());
  return tabulate(dims, [&](const Dims& at) {
    const auto first = at.begin() + static_cast<std::ptrdiff_t>(axis);
    const auto last = first + static_cast<std::ptrdiff_t>(more);
    auto index = static_cast<std::int64_t>(element(indices, {first, last}));
    if (index < 0) index += x.dims[axis];
    Dims from(at.begin(), first);
    from.push_back(index);
    from.insert(from.end(), last, at.end());
    return element(x, from);
  });
}

Tensor repeat(const Call& call) {
  const Tensor& x = call.in(0);
  if (call.op() == "Expand") {
    return tabulate(joint(x.dims, call.list("shape", std::size_t{1})),
                    [&](const Dims& at) { return spread(x, at); });
  }
  const Dims repeats = call.list("repeats", std::size_t{1});
  Dims dims = x.dims;
  for (std::size_t d = 0; d < dims.size(); ++d) dims[d] *= repeats[d];
  return tabulate(dims, [&](Dims at) {
    for (std::size_t d = 0; d < at.size(); ++d) at[d] %= x.dims[d];
    return element(x, at);
  });
}

Tensor move_blocks(const Call& call) {
  const Tensor& x = call.in(0);
  const std::int64_t b = call.integer("blocksize", 1);
  const std::int64_t n = x.dims[0], c = x.dims[1], h = x.dims[2], w = x.dims[3];
  if (call.op() == "SpaceToDepth") {
    return tabulate({n, c * b * b, h / b, w / b}, [&](const Dims& at) {
      const std::int64_t block = at[1] / c;
      return element(x, {at[0], at[1] % c, at[2] * b + block / b, at[3] * b + block % b});
    });
  }
  const std::int64_t channels = c / (b * b);
  const bool blocks_first = call.word("mode", "DCR") == "DCR";
  return tabulate({n, channels, h * b, w * b}, [&](const Dims& at) {
    const std::int64_t block = at[2] % b * b + at[3] % b;
    return element(
        x, {at[0], blocks_first ? block * channels + at[1] : at[1] * b * b + block, at[2] / b, at[3] / b});
  });
}

/// Kernel, strides, dilations and pads of two spatial dimensions; one becomes the second.
struct Windows {
  Dims kernel, strides, dilations, pads, out;
};

Windows windows(const Call& call, const Dims& in, const Dims& kernel) {
  Windows w{kernel,
            call.list("strides", {1, 1}),
            call.list("dilations", {1, 1}),
            call.list("pads", {0, 0, 0, 0}),
            {}};
  const std::string automatic = call.word("auto_pad", "NOTSET");
  for (std::size_t d = 0; d < 2; ++d) {
    const std::int64_t span = w.dilations[d] * (kernel[d] - 1) + 1;
    if (automatic != "NOTSET") w.pads[d] = w.pads[d + 2] = 0;
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      const std::int64_t out = (in[d] + w.strides[d] - 1) / w.strides[d];
      const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * w.strides[d] + span - in[d]);
      w.pads[d] = automatic == "SAME_UPPER" ? total / 2 : (total + 1) / 2;
      w.pads[d + 2] = total - w.pads[d];
    }
    const double steps =
        static_cast<double>(in[d] + w.pads[d] + w.pads[d + 2] - span) / static_cast<double>(w.strides[d]);
    w.out.push_back(
        static_cast<std::int64_t>(call.integer("ceil_mode", 0) != 0 ? std::ceil(steps) : std::floor(steps)) +
        1);
  }
  return w;
}

/// f(y, x, r, s) for every tap of the window at an index that lies in the input; how many do not but in pads.
template <class Function>
std::int64_t for_taps(const Windows& w, const Dims& in, const Dims& at, Function f) {
  std::int64_t padded = 0;
  for (std::int64_t r = 0; r < w.kernel[0]; ++r) {
    for (std::int64_t s = 0; s < w.kernel[1]; ++s) {
      const std::int64_t y = at[2] * w.strides[0] + r * w.dilations[0] - w.pads[0];
      const std::int64_t x = at[3] * w.strides[1] + s * w.dilations[1] - w.pads[1];
      if (y >= 0 && y < in[0] && x >= 0 && x < in[1]) {
        f(y, x, r, s);
      } else {
        ++padded;
      }
    }
  }
  return padded;
}

Tensor conv(const Call& call) {
  const Tensor &x = call.in(0), &weights = call.in(1);
  const Dims in = {x.dims[2], x.dims[3]};
  const Windows w = windows(call, in, {weights.dims[2], weights.dims[3]});
  const std::int64_t m = weights.dims[0], each = weights.dims[1], groups = call.integer("group", 1);
  return tabulate({x.dims[0], m, w.out[0], w.out[1]}, [&](const Dims& at) {
    double sum = call.has(2) ? call.in(2).values[at[1]] : 0;
    for_taps(w, in, at, [&](auto y, auto i, auto r, auto s) {
      for (std::int64_t c = 0; c < each; ++c) {
        const std::int64_t from = at[1] / (m / groups) * each + c;
        sum += element(x, {at[0], from, y, i}) * element(weights, {at[1], c, r, s});
      }
    });
    return sum;
  });
}

Tensor pool(const Call& call) {
  const Tensor& x = call.in(0);
  const Dims in = {x.dims[2], x.dims[3]};
  const bool is_global = call.op().rfind("Global", 0) == 0;
  const Windows w = is_global ? Windows{in, {1, 1}, {1, 1}, {0, 0, 0, 0}, {1, 1}}
                              : windows(call, in, call.list("kernel_shape"));
  const bool is_max = call.op().find("MaxPool") != std::string::npos;
  return tabulate({x.dims[0], x.dims[1], w.out[0], w.out[1]}, [&](const Dims& at) {
    double most = -INFINITY, sum = 0;
    std::int64_t count = 0;
    const std::int64_t padded = for_taps(w, in, at, [&](auto y, auto i, auto /*r*/, auto /*s*/) {
      const double v = element(x, {at[0], at[1], y, i});
      most = std::max(most, v);
      sum += v;
      ++count;
    });
    if (call.integer("count_include_pad", 0) != 0) count += padded;
    return is_max ? most : sum / static_cast<double>(count);
  });
}

Tensor conv_transpose(const Call& call) {
  const Tensor &x = call.in(0), &weights = call.in(1);
  const Dims strides = call.list("strides", {1, 1}), dilations = call.list("dilations", {1, 1});
  const Dims extra = call.list("output_padding", {0, 0}), shape = call.list("output_shape");
  Dims pads = call.list("pads", {0, 0, 0, 0}), out;
  const std::string automatic = call.word("auto_pad", "NOTSET");
  for (std::size_t d = 0; d < 2; ++d) {
    const std::int64_t full =
        strides[d] * (x.dims[d + 2] - 1) + extra[d] + (weights.dims[d + 2] - 1) * dilations[d] + 1;
    const bool is_same = automatic.rfind("SAME", 0) == 0;
    if (is_same || !shape.empty()) {
      out.push_back(shape.empty() ? x.dims[d + 2] * strides[d] : shape[d]);
      const std::int64_t total = std::max<std::int64_t>(0, full - out[d]);
      pads[d] = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
    } else {
      out.push_back(full - pads[d] - pads[d + 2]);
    }
  }
  const std::int64_t groups = call.integer("group", 1), each = weights.dims[1], inputs = x.dims[1] / groups;
  Tensor result = tabulate({x.dims[0], each * groups, out[0], out[1]},
                           [&](const Dims& at) { return call.has(2) ? call.in(2).values[at[1]] : 0.0; });
  tabulate(x.dims, [&](const Dims& at) {
    tabulate({each, weights.dims[2], weights.dims[3]}, [&](const Dims& k) {
      const std::int64_t y = at[2] * strides[0] + k[1] * dilations[0] - pads[0];
      const std::int64_t i = at[3] * strides[1] + k[2] * dilations[1] - pads[1];
      const std::int64_t m = at[1] / inputs * each + k[0];
      if (y >= 0 && y < out[0] && i >= 0 && i < out[1]) {
        result.values[((at[0] * each * groups + m) * out[0] + y) * out[1] + i] +=
            element(x, at) * element(weights, {at[1], k[0], k[1], k[2]});
      }
      return 0.0;
    });
    return 0.0;
  });
  return result;
}

Tensor matmul(const Call& call) {
  Tensor a = call.in(0), b = call.in(1);
  const bool row = a.dims.size() == 1, column = b.dims.size() == 1;
  if (row) a.dims.insert(a.dims.begin(), 1);
  if (column) b.dims.push_back(1);
  const std::int64_t inner = a.dims.back();
  Dims dims = joint({a.dims.begin(), a.dims.end() - 2}, {b.dims.begin(), b.dims.end() - 2});
  dims.push_back(a.dims[a.dims.size() - 2]);
  dims.push_back(b.dims.back());
  const std::size_t r = dims.size() - 2;
  Tensor result = tabulate(dims, [&](const Dims& at) {
    double sum = 0;
    for (std::int64_t k = 0; k < inner; ++k) {
      Dims left = at, right = at;
      left[r + 1] = k;
      right[r] = k;
      sum += spread(a, left) * spread(b, right);
    }
    return sum;
  });
  if (column) result.dims.pop_back();
  if (row) result.dims.erase(result.dims.begin() + static_cast<std::ptrdiff_t>(r));
  return result;
}

Tensor gemm(const Call& call) {
  const Tensor &a = call.in(0), &b = call.in(1);
  const bool ta = call.integer("transA", 0) != 0, tb = call.integer("transB", 0) != 0;
  return tabulate({a.dims[ta ? 1 : 0], b.dims[tb ? 0 : 1]}, [&](const Dims& at) {
    double sum = 0;
    for (std::int64_t k = 0; k < a.dims[ta ? 0 : 1]; ++k) {
      const Dims left = ta ? Dims{k, at[0]} : Dims{at[0], k}, right = tb ? Dims{at[1], k} : Dims{k, at[1]};
      sum += element(a, left) * element(b, right);
    }
    return call.number("alpha", 1) * sum +
           (call.has(2) ? call.number("beta", 1) * spread(call.in(2), at) : 0.0);
  });
}

/// Nearest and linear; the position of an output element in the input, one dimension after the other.
Tensor resize(const Call& call) {
  const Tensor& x = call.in(0);
  const bool has_choice = call.opset() >= 11, is_new = call.op() == "Resize" && has_choice;
  std::vector<double> scales;
  Dims dims = x.dims, sizes;
  // Upsample 7 has its scales as an attribute: the caller gives them as an input.
  const std::size_t input = is_new ? 2 : 1;
  if (call.has(input)) scales = call.in(input).values;
  if (is_new && call.has(3)) sizes = call.list("sizes", std::size_t{3});
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (!sizes.empty()) {
      dims[d] = sizes[d];
      scales.push_back(static_cast<double>(sizes[d]) / static_cast<double>(x.dims[d]));
    } else {
      dims[d] = static_cast<std::int64_t>(
          std::floor(static_cast<float>(x.dims[d]) * static_cast<float>(scales[d])));
    }
  }
  const std::string mode = call.word("mode", "nearest");
  const std::string transform =
      is_new ? call.word("coordinate_transformation_mode", "half_pixel") : "asymmetric";
  const std::string nearest = is_new ? call.word("nearest_mode", "round_prefer_floor") : "floor";
  // In single precision, as the scales are: ties of rounding depend on it.
  const auto position = [&](std::size_t d, std::int64_t at) -> double {
    const auto i = static_cast<float>(at), n = static_cast<float>(x.dims[d]),
               scale = static_cast<float>(scales[d]);
    if (scale == 1) return i;
    if (transform == "asymmetric") return i / scale;
    if (transform == "align_corners")
      return dims[d] == 1 ? 0.0F : i * (n - 1) / static_cast<float>(dims[d] - 1);
    if (transform == "pytorch_half_pixel" && dims[d] == 1) return 0;
    return (i + 0.5F) / scale - 0.5F;
  };
  return tabulate(dims, [&](const Dims& at) {
    double sum = 0;
    for (int corner = 0; corner < (1 << dims.size()); ++corner) {
      double weight = 1;
      Dims from(at.size());
      for (std::size_t d = 0; d < at.size(); ++d) {
        const double p = position(d, at[d]), low = std::floor(p), t = p - low;
        const bool upper = (corner >> d & 1) != 0;
        double chosen = low + (upper ? 1 : 0);
        if (mode == "nearest") {
          weight *= upper ? 0 : 1;
          chosen = nearest == "floor"                ? low
                   : nearest == "ceil"               ? std::ceil(p)
                   : nearest == "round_prefer_floor" ? std::ceil(p - 0.5)
                                                     : std::floor(p + 0.5);
        } else {
          weight *= upper ? t : 1 - t;
        }
        from[d] = std::clamp<std::int64_t>(static_cast<std::int64_t>(chosen), 0, x.dims[d] - 1);
      }
      if (weight != 0) sum += weight * element(x, from);
    }
    return sum;
  });
}

Tensor shape(const Call& call) {
  const Dims& in = call.in(0).dims;
  const auto rank = static_cast<std::int64_t>(in.size());
  if (call.op() == "Size") return {{}, {static_cast<double>(volume(in))}};
  const auto bound = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t start = bound(call.integer("start", 0)), end = bound(call.integer("end", rank));
  Tensor result{{std::max<std::int64_t>(0, end - start)}, {}};
  for (std::int64_t d = start; d < end; ++d) result.values.push_back(static_cast<double>(in[d]));
  return result;
}

Tensor range(const Call& call) {
  Tensor result{{0}, {}};
  const double start = call.in(0).values[0], limit = call.in(1).values[0], delta = call.in(2).values[0];
  result.dims[0] = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil((limit - start) / delta)));
  for (std::int64_t i = 0; i < result.dims[0]; ++i)
    result.values.push_back(start + static_cast<double>(i) * delta);
  return result;
}

using Reference = Tensor (*)(const Call&);

const std::map<std::string, Reference>& others() {
  static const std::map<std::string, Reference> table = {
      {"AveragePool", pool},
      {"BatchNormalization", normalize},
      {"Clip", clip},
      {"Concat", concat},
      {"Conv", conv},
      {"ConvTranspose", conv_transpose},
      {"DepthToSpace", move_blocks},
      {"Expand", repeat},
      {"Flatten", view},
      {"Gather", gather},
      {"Gemm", gemm},
      {"GlobalAveragePool", pool},
      {"GlobalMaxPool", pool},
      {"GroupNormalization", normalize_groups},
      {"InstanceNormalization", normalize},
      {"LRN", lrn},
      {"LayerNormalization", normalize},
      {"LogSoftmax", softmax},
      {"MatMul", matmul},
      {"MaxPool", pool},
      {"Pad", pad},
      {"RMSNormalization", normalize_by_size},
      {"Range", range},
      {"Reshape", view},
      {"Resize", resize},
      {"Shape", shape},
      {"Size", shape},
      {"Slice", slice},
      {"Softmax", softmax},
      {"SpaceToDepth", move_blocks},
      {"Squeeze", view},
      {"Tile", repeat},
      {"Transpose", transpose},
      {"Unsqueeze", view},
      {"Upsample", resize},
  };
  return table;
}

}  // namespace

std::vector<ReferenceTensor> reference(const onnx::NodeProto& node, std::int64_t opset,
                                       const Inputs& inputs) {
  const Call call(node, opset, inputs);
  if (const auto f = unary_operators().find(call.op()); f != unary_operators().end()) {
    return {
        tabulate(call.in(0).dims, [&](const Dims& at) { return f->second(call, element(call.in(0), at)); })};
  }
  if (const auto f = binary_operators().find(call.op()); f != binary_operators().end())
    return {combine(call, f->second)};
  if (call.op() == "Split") return split(call);
  if (call.op() == "Where") {
    return {tabulate(joint(call.in(0).dims, joint(call.in(1).dims, call.in(2).dims)), [&](const Dims& at) {
      return spread(call.in(spread(call.in(0), at) != 0 ? 1 : 2), at);
    })};
  }
  if (call.op().rfind("Reduce", 0) == 0) return {reduce(call)};
  return {others().at(call.op())(call)};
}

}  // namespace bitbalance::test
