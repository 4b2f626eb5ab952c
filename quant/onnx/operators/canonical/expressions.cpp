#include "quant/onnx/operators/canonical/expressions.h"

#include <algorithm>
#include <cmath>

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;
using Polynomial = std::vector<double>;

Product factored(const OnnxGraph& graph, const NodeProto& node, int depth) {
  constexpr int kDeepest = 3;  // of x * y * z * number in any order
  Product product;
  const int at = number_operand(graph, node);
  const bool divides = node.op_type() == "Div";
  if (at >= 0) product.number = divides ? 1.0 / *number(graph, node, at) : *number(graph, node, at);
  for (int i = 0; i < 2; ++i) {
    if (i == at) continue;
    const NodeProto* inner = graph.model().producer(node.input(i));
    const bool goes_on =
        inner != nullptr && depth < kDeepest && inner->input_size() == 2 &&
        (inner->op_type() == "Mul" || (inner->op_type() == "Div" && number(graph, *inner, 1)));
    if (!goes_on) {
      product.factors.push_back(node.input(i));
      continue;
    }
    const Product part = factored(graph, *inner, depth + 1);
    product.number *= part.number;
    product.factors.insert(product.factors.end(), part.factors.begin(), part.factors.end());
    product.multiples.insert(product.multiples.end(), part.multiples.begin(), part.multiples.end());
    if (part.factors.size() == 1)
      product.multiples.push_back({node.input(i), part.number, part.factors.front()});
  }
  return product;
}

/// Add, also where it is called a sum.
bool is_addition(const NodeProto& node) {
  return node.op_type() == "Add" || (node.op_type() == "Sum" && node.input_size() == 2);
}

constexpr std::size_t kMostCoefficients = 4;

Polynomial sum_of(Polynomial a, const Polynomial& b, double factor) {
  a.resize(std::max(a.size(), b.size()), 0);
  for (std::size_t i = 0; i < b.size(); ++i) a[i] += factor * b[i];
  return a;
}

std::optional<Polynomial> product_of(const Polynomial& a, const Polynomial& b) {
  if (a.size() + b.size() - 1 > kMostCoefficients) return {};
  Polynomial product(a.size() + b.size() - 1, 0);
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j) product[i + j] += a[i] * b[j];
  return product;
}

std::optional<Polynomial> combined(const std::string& op, const Polynomial& a, const Polynomial& b) {
  if (op == "Add" || op == "Sub") return sum_of(a, b, op == "Add" ? 1 : -1);
  if (op == "Mul") return product_of(a, b);
  if (b.size() != 1) return {};
  if (op == "Div" && b[0] != 0) return product_of(a, {1 / b[0]});
  if (op != "Pow" || (b[0] != 2 && b[0] != 3)) return {};
  const std::optional<Polynomial> square = product_of(a, a);
  return !square || b[0] == 2 ? square : product_of(*square, a);
}

std::optional<Polynomial> polynomial(const OnnxGraph& graph, const std::string& name, const std::string& x,
                                     int depth) {
  constexpr int kDeepest = 6;
  if (is_same(graph, name, x)) return Polynomial{0, 1};
  const OnnxValue* value = graph.find(name);
  if (value == nullptr) return {};
  if (value->tensor < 0) {
    const bool is_number = value->constant.size() == 1 && value->dims.size() <= graph.find(x)->dims.size();
    return is_number ? std::optional(Polynomial{value->constant[0]}) : std::nullopt;
  }
  const NodeProto* node = graph.model().producer(name);
  if (node == nullptr || node->input_size() != 2 || depth == kDeepest) return {};
  const std::optional<Polynomial> a = polynomial(graph, node->input(0), x, depth + 1);
  const std::optional<Polynomial> b = a ? polynomial(graph, node->input(1), x, depth + 1) : std::nullopt;
  return b ? combined(is_addition(*node) ? "Add" : node->op_type(), *a, *b) : std::nullopt;
}

}  // namespace

bool is_near(double a, double b) {
  constexpr double kNear = 1e-5;  // exporters round in single precision
  return std::isfinite(a) && std::isfinite(b) &&
         std::abs(a - b) <= kNear * std::max(std::abs(a), std::abs(b));
}

bool is_same(const OnnxGraph& graph, const std::string& a, const std::string& b) {
  const OnnxValue *first = graph.find(a), *second = graph.find(b);
  return first != nullptr && second != nullptr && first->tensor >= 0 && first->tensor == second->tensor &&
         first->dims == second->dims;
}

std::optional<float> number(const OnnxGraph& graph, const NodeProto& node, int index) {
  if (node.input_size() != 2 || !OnnxGraph::has_input(node, index)) return {};
  const OnnxValue* value = graph.find(node.input(index));
  const OnnxValue* other = graph.find(node.input(1 - index));
  const bool fits = value != nullptr && other != nullptr && value->tensor < 0 && other->tensor >= 0 &&
                    value->constant.size() == 1 && value->dims.size() <= other->dims.size() &&
                    is_real(value->type) && std::isfinite(value->constant[0]);
  return fits ? std::optional<float>(value->constant[0]) : std::nullopt;
}

int number_operand(const OnnxGraph& graph, const NodeProto& node) {
  return number(graph, node, 0) ? 0 : number(graph, node, 1) ? 1 : -1;
}

bool take_bounds(const OnnxGraph& graph, const NodeProto& node, Clipped& clipped) {
  double low = -std::numeric_limits<double>::infinity(), high = -low;
  const std::string& op = node.op_type();
  int x = 0;
  if (op == "Relu") {
    low = 0;
  } else if (op == "Clip") {
    low = float_attribute(node, "min", static_cast<float>(low));
    high = float_attribute(node, "max", static_cast<float>(high));
    for (const int index : {1, 2}) {
      if (!OnnxGraph::has_input(node, index)) continue;
      const OnnxValue* bound = graph.find(node.input(index));
      if (bound == nullptr || bound->tensor >= 0 || bound->constant.size() != 1) return false;
      (index == 1 ? low : high) = bound->constant[0];
    }
  } else if (op == "Max" || op == "Min") {
    const int at = number_operand(graph, node);
    if (at < 0) return false;
    (op == "Max" ? low : high) = *number(graph, node, at);
    x = 1 - at;
  } else {
    return false;
  }
  if (std::isnan(low) || std::isnan(high)) return false;
  low = std::min(low, high);  // bounds the wrong way round give the upper one
  clipped.x = node.input(x);
  clipped.low = std::max(clipped.low, std::min(low, clipped.high));
  clipped.high = std::min(clipped.high, std::max(high, clipped.low));
  return true;
}

Clipped clipped_of(const OnnxGraph& graph, const std::string& name, const std::string& until) {
  constexpr int kMost = 8;  // of nodes: networks may be chains of many thousand
  Clipped clipped;
  clipped.x = name;
  int count = 0;
  const NodeProto* node = graph.model().producer(name);
  for (; node != nullptr && count < kMost && take_bounds(graph, *node, clipped); ++count)
    node = graph.model().producer(clipped.x);
  // scale * (inner) + shift, from the outside in.
  for (; node != nullptr && count < kMost && !is_same(graph, clipped.x, until); ++count) {
    const std::string& op = node->op_type();
    const int at = number_operand(graph, *node);
    if (at < 0 || ((op == "Div" || op == "Sub") && at == 0)) break;
    const double value = *number(graph, *node, at);
    if (is_addition(*node)) {
      clipped.shift += clipped.scale * value;
    } else if (op == "Sub") {
      clipped.shift -= clipped.scale * value;
    } else if (op == "Mul") {
      clipped.scale *= value;
    } else if (op == "Div" && value != 0) {
      clipped.scale /= value;
    } else {
      break;
    }
    clipped.x = node->input(1 - at);
    node = graph.model().producer(clipped.x);
  }
  return clipped;
}

Product product_of(const OnnxGraph& graph, const NodeProto& node) {
  return factored(graph, node, 0);
}

std::optional<Polynomial> polynomial_of(const OnnxGraph& graph, const std::string& name,
                                        const std::string& x) {
  std::optional<Polynomial> found = polynomial(graph, name, x, 0);
  if (found) found->resize(kMostCoefficients, 0);
  return found;
}

const NodeProto* added_to_one(const OnnxGraph& graph, const std::string& name) {
  const NodeProto* add = graph.model().producer(name);
  if (add == nullptr || !is_addition(*add)) return nullptr;
  const int at = number_operand(graph, *add);
  return at >= 0 && *number(graph, *add, at) == 1 ? graph.model().producer(add->input(1 - at)) : nullptr;
}

}  // namespace bitbalance::onnx_io
