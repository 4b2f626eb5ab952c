#include "quant/onnx/operators/numbers/quantized.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "quant/host/operator_traits.h"
#include "quant/onnx/graph/spelling.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// Which integers a type has.
struct Limits {
  float least, most;
};

Limits limits_of(ElementType type) {
  const int bits = bits_of(type);
  return is_signed(type) ? Limits{-std::ldexp(1.0F, bits - 1), std::ldexp(1.0F, bits - 1) - 1}
                         : Limits{0, std::ldexp(1.0F, bits) - 1};
}

/// One scale and zero point of a whole tensor; the zero point may be left out.
Quantization quantization_of(const OnnxGraph& graph, const NodeProto& node, int scale, int zero) {
  Quantization found;
  found.scale = graph.per_channel(node, scale, 1)[0];
  if (OnnxGraph::has_input(node, zero)) found.zero = graph.per_channel(node, zero, 1)[0];
  if (!(found.scale > 0))
    graph.model().fail(node, fmt::format("scale is {}; accepted: above 0", found.scale));
  return found;
}

/// Calls visit(i, scale, zero) for every element of a constant: they belong to the tensor, to an index of the
/// axis or, since operator set 21, to a block of it.
template <class Visit>
void for_scales(const OnnxGraph& graph, const NodeProto& node, int scale_at, int zero_at, std::int64_t axis,
                std::int64_t block, const Dims& dims, const Visit& visit) {
  const OnnxValue& scales = graph.floats(node, scale_at);
  const bool is_single = scales.constant.size() == 1;
  const std::size_t at = is_single ? 0 : normal_axis(axis, dims.size());
  const std::int64_t outer = is_single ? 1 : element_count(dims, 0, at), inner = element_count(dims, at + 1);
  const std::int64_t extent = is_single ? 1 : dims[at];
  const std::int64_t each = std::clamp<std::int64_t>(block, 1, std::max<std::int64_t>(extent, 1));
  const std::int64_t parts = (extent + each - 1) / each;
  const std::int64_t expected = is_single ? 1 : block == 0 ? extent : outer * parts * inner;
  const std::vector<float> zeros = OnnxGraph::has_input(node, zero_at)
                                       ? graph.floats(node, zero_at).constant
                                       : std::vector<float>(scales.constant.size(), 0);
  if (block < 0 || static_cast<std::int64_t>(scales.constant.size()) != expected ||
      zeros.size() != scales.constant.size()) {
    graph.model().fail(node, fmt::format("{} scales and {} zero points of {}; accepted: one, or {}",
                                         scales.constant.size(), zeros.size(), to_string(dims), expected));
  }
  for (std::int64_t i = 0; i < element_count(dims); ++i) {
    const std::int64_t index = is_single ? 0 : i / inner % extent;
    const std::int64_t blocked =
        block == 0 || is_single ? index : (i / inner / extent * parts + index / each) * inner + i % inner;
    visit(i, scales.constant[blocked], zeros[blocked]);
  }
}

/// A constant as the real numbers that it stands for.
OnnxValue dequantized(const OnnxGraph& graph, const NodeProto& node, int at, int scale, int zero,
                      std::int64_t axis, std::int64_t block = 0) {
  OnnxValue value = graph.value(node, at);
  if (value.tensor >= 0)
    graph.model().fail(node, fmt::format("input '{}' is computed; accepted: a constant", node.input(at)));
  for_scales(graph, node, scale, zero, axis, block, value.dims,
             [&](std::int64_t i, float s, float z) { value.constant[i] = (value.constant[i] - z) * s; });
  value.type = onnx::TensorProto::FLOAT;
  return value;
}

/// scale * x + shift.
OnnxValue on_line(OnnxGraph& graph, const NodeProto& node, const OnnxValue& x, float scale, float shift,
                  const std::string& name) {
  const int channels = graph.shape(x.tensor).channels;
  if (channels > kMostCopies)
    graph.model().fail(node, fmt::format("{} channels; accepted: up to {}", channels, kMostCopies));
  return graph.add_affine_step(node, x, std::vector<float>(channels, scale),
                               std::vector<float>(channels, shift), name);
}

/// An activation as real numbers: what a Quantize made of them, or what integers of the file's input stand
/// for.
OnnxValue real_numbers(OnnxGraph& graph, const NodeProto& node, int at, int scale, int zero) {
  OnnxValue value = graph.value(node, at);
  if (!value.measured.by.empty() && graph.value(node, scale).measured.by == value.measured.by) {
    value.measured = {};
    value.type = onnx::TensorProto::FLOAT;
    return value;
  }
  const Quantization stated = quantization_of(graph, node, scale, zero);
  if (value.quantization) {
    if (!(*value.quantization == stated)) {
      graph.model().fail(
          node, fmt::format("scale {} and zero point {} of integers made with {} and {}; accepted: the same",
                            stated.scale, stated.zero, value.quantization->scale, value.quantization->zero));
    }
    value.quantization.reset();
    value.type = onnx::TensorProto::FLOAT;
    return value;
  }
  graph.activation(node, at);
  return on_line(graph, node, value, stated.scale, -stated.zero * stated.scale,
                 node.input(at) + " (numbers)");
}

/// Writes what an activation is after saturation, under the quantization; the rounding is left to the
/// accelerator's own.
void quantize(OnnxGraph& graph, const NodeProto& node, OnnxValue value, const Quantization& to,
              ElementType type) {
  const Limits integers = limits_of(type);
  const float low = (integers.least - to.zero) * to.scale, high = (integers.most - to.zero) * to.scale;
  value = graph.within(node, value, low, high, to.scale / 2);
  value.quantization = to;
  value.type = type;
  graph.define(node, node.output(0), std::move(value));
}

ElementType quantized_type(const OnnxGraph& graph, const NodeProto& node, int zero) {
  if (OnnxGraph::has_input(node, zero)) return graph.value(node, zero).type;
  const auto stated = static_cast<ElementType>(int_attribute(node, "output_dtype", 0));
  return stated == 0 ? static_cast<ElementType>(onnx::TensorProto::UINT8) : stated;
}

void quantize_linear(OnnxGraph& graph, const NodeProto& node) {
  const ElementType type = quantized_type(graph, node, 2);
  if (!is_integer(type))
    graph.model().fail(node, fmt::format("quantizes to {}; accepted: integers", name_of(type)));
  if (!graph.is_constant(node, 0)) {
    quantize(graph, node, graph.value(node, 0), quantization_of(graph, node, 1, 2), type);
    return;
  }
  OnnxValue value = graph.floats(node, 0);
  const Limits integers = limits_of(type);
  for_scales(graph, node, 1, 2, int_attribute(node, "axis", 1), int_attribute(node, "block_size", 0),
             value.dims, [&](std::int64_t i, float scale, float zero) {
               const float whole = std::nearbyint(value.constant[i] / scale) + zero;
               value.constant[i] = std::clamp(whole, integers.least, integers.most);
             });
  value.type = type;
  graph.define(node, node.output(0), std::move(value));
}

void dequantize_linear(OnnxGraph& graph, const NodeProto& node) {
  OnnxValue value = graph.is_constant(node, 0)
                        ? dequantized(graph, node, 0, 1, 2, int_attribute(node, "axis", 1),
                                      int_attribute(node, "block_size", 0))
                        : real_numbers(graph, node, 0, 1, 2);
  graph.define(node, node.output(0), std::move(value));
}

/// The node's operator on real numbers; its operands are named values of the graph.
NodeProto on_numbers(const NodeProto& node, const char* op, const std::vector<std::string>& inputs) {
  NodeProto real = node;
  real.set_op_type(op);
  real.mutable_input()->Clear();
  for (const std::string& input : inputs) real.add_input(input);
  real.mutable_output()->Clear();
  real.add_output(node.output(0) + " (numbers)");
  return real;
}

/// x, scale, zero, w, scale, zero, y's scale, zero, bias: integers of scale x's times w's.
void qlinear_conv(OnnxGraph& graph, const NodeProto& node, OnnxHandler conv) {
  const std::string& name = node.output(0);
  std::vector<std::string> inputs = {name + " (x)", name + " (w)"};
  const float x_scale = quantization_of(graph, node, 1, 2).scale;
  graph.name_value(inputs[0], real_numbers(graph, node, 0, 1, 2));
  graph.name_value(inputs[1], dequantized(graph, node, 3, 4, 5, 0));
  if (OnnxGraph::has_input(node, 8)) {
    OnnxValue bias = graph.floats(node, 8);
    const std::vector<float>& scales = graph.floats(node, 4).constant;
    if (scales.size() != 1 && scales.size() != bias.constant.size()) {
      graph.model().fail(
          node, fmt::format("has {} biases and {} weight scales; accepted: one scale, or one for each bias",
                            bias.constant.size(), scales.size()));
    }
    for (std::size_t i = 0; i < bias.constant.size(); ++i)
      bias.constant[i] *= x_scale * scales[scales.size() == 1 ? 0 : i];
    bias.type = onnx::TensorProto::FLOAT;
    inputs.push_back(name + " (bias)");
    graph.name_value(inputs.back(), std::move(bias));
  }
  const NodeProto real = on_numbers(node, "Conv", inputs);
  conv(graph, real);
  quantize(graph, node, graph.known(node, real.output(0)), quantization_of(graph, node, 6, 7),
           graph.value(node, 7).type);
}

void qlinear_conv(OnnxGraph& graph, const NodeProto& node) {
  static const OnnxHandler conv = layer_handlers().at("Conv");
  qlinear_conv(graph, node, conv);
}

/// a, scale, zero, b, scale, zero, y's scale, zero.
void qlinear_matmul(OnnxGraph& graph, const NodeProto& node) {
  static const OnnxHandler matmul = layer_handlers().at("MatMul");
  const std::string& name = node.output(0);
  const std::vector<std::string> inputs = {name + " (a)", name + " (b)"};
  graph.name_value(inputs[0], real_numbers(graph, node, 0, 1, 2));
  const auto last = static_cast<std::int64_t>(graph.dims(node, 3).size()) - 1;
  graph.name_value(inputs[1], graph.is_constant(node, 3) ? dequantized(graph, node, 3, 4, 5, last)
                                                         : real_numbers(graph, node, 3, 4, 5));
  const NodeProto real = on_numbers(node, "MatMul", inputs);
  matmul(graph, real);
  quantize(graph, node, graph.known(node, real.output(0)), quantization_of(graph, node, 6, 7),
           graph.value(node, 7).type);
}

/// Its scale is measured for every image. The integers are the numbers over that scale, which their product
/// with it takes out again.
void dynamic_quantize(OnnxGraph& graph, const NodeProto& node) {
  OnnxValue integers = graph.value(node, 0);
  graph.activation(node, 0);
  integers.measured = {node.output(0), -1};
  integers.type = onnx::TensorProto::UINT8;
  graph.define(node, node.output(0), std::move(integers));
  if (node.output_size() > 1)
    graph.define(node, node.output(1), {-1, {}, {1}, onnx::TensorProto::FLOAT, {}, {node.output(0), 1}});
  if (node.output_size() > 2)
    graph.define(node, node.output(2), {-1, {}, {0}, onnx::TensorProto::UINT8, {}, {node.output(0), 0}});
}

/// The first operand of a product of integers as the numbers that are multiplied: those that are measured,
/// over their scale, or the integers less their zero point.
OnnxValue first_factor(OnnxGraph& graph, const NodeProto& node) {
  graph.activation(node, 0);
  OnnxValue x = graph.value(node, 0);
  const bool has_zero = OnnxGraph::has_input(node, 2);
  if (!x.measured.by.empty()) {
    const Measured zero = has_zero ? graph.value(node, 2).measured : Measured();
    if (x.measured.power != -1 || zero.by != x.measured.by || zero.power != 0) {
      graph.model().fail(
          node, "takes integers that DynamicQuantizeLinear made without their zero point; accepted: with it");
    }
  } else {
    const Quantization by = x.quantization.value_or(Quantization());
    const float shift = by.zero - (has_zero ? graph.per_channel(node, 2, 1)[0] : 0);
    if (by.scale != 1 || shift != 0)
      x = on_line(graph, node, x, 1 / by.scale, shift, node.output(0) + " (less zero)");
  }
  x.measured = {};
  x.type = onnx::TensorProto::FLOAT;
  return x;
}

/// The second one, a constant: less its zero points, one or one for each output.
OnnxValue second_factor(const OnnxGraph& graph, const NodeProto& node, bool is_conv) {
  OnnxValue w = graph.floats(node, 1);
  w.type = onnx::TensorProto::FLOAT;
  if (!OnnxGraph::has_input(node, 3)) return w;
  const std::vector<float>& zeros = graph.floats(node, 3).constant;
  const std::int64_t count = is_conv ? w.dims.at(0) : w.dims.back();
  const std::int64_t inner = is_conv ? element_count(w.dims, 1) : 1;
  if (zeros.size() != 1 && static_cast<std::int64_t>(zeros.size()) != count)
    graph.model().fail(node, fmt::format("{} zero points; accepted: one, or {}", zeros.size(), count));
  for (std::size_t i = 0; i < w.constant.size(); ++i)
    w.constant[i] -= zeros[zeros.size() == 1 ? 0 : static_cast<std::int64_t>(i) / inner % count];
  return w;
}

void product_of_integers(OnnxGraph& graph, const NodeProto& node, const char* op) {
  const Measured measured = graph.value(node, 0).measured;
  const std::vector<std::string> inputs = {node.output(0) + " (x)", node.output(0) + " (w)"};
  graph.name_value(inputs[0], first_factor(graph, node));
  graph.name_value(inputs[1], second_factor(graph, node, std::string(op) == "Conv"));
  const NodeProto real = on_numbers(node, op, inputs);
  layer_handlers().at(op)(graph, real);
  OnnxValue result = graph.known(node, real.output(0));
  result.measured = measured;
  result.type = onnx::TensorProto::INT32;
  graph.define(node, node.output(0), std::move(result));
}

void conv_integer(OnnxGraph& graph, const NodeProto& node) {
  product_of_integers(graph, node, "Conv");
}

void matmul_integer(OnnxGraph& graph, const NodeProto& node) {
  product_of_integers(graph, node, "MatMul");
}

}  // namespace

OnnxHandlers quantized_handlers() {
  return {
      {"ConvInteger", conv_integer},
      {"DequantizeLinear", dequantize_linear},
      {"DynamicQuantizeLinear", dynamic_quantize},
      {"MatMulInteger", matmul_integer},
      {"QLinearConv", qlinear_conv},
      {"QLinearMatMul", qlinear_matmul},
      {"QuantizeLinear", quantize_linear},
  };
}

void multiply_measured(OnnxGraph& graph, const NodeProto& node, OnnxHandler multiply) {
  const OnnxValue a = graph.value(node, 0), b = graph.value(node, 1);
  const Measured& first = a.measured.by.empty() ? b.measured : a.measured;
  const bool is_same = a.measured.by.empty() || b.measured.by.empty() || a.measured.by == b.measured.by;
  const int power = a.measured.power + b.measured.power;
  if (!is_same || std::abs(power) > 1) {
    graph.model().fail(
        node, "multiplies by a scale that was measured for other integers; accepted: the scale of its own");
  }
  const std::vector<std::string> inputs = {node.output(0) + " (a)", node.output(0) + " (b)"};
  for (int i = 0; i < 2; ++i) {
    OnnxValue plain = graph.value(node, i);
    plain.measured = {};
    plain.type = onnx::TensorProto::FLOAT;
    graph.name_value(inputs[i], std::move(plain));
  }
  const NodeProto real = on_numbers(node, "Mul", inputs);
  multiply(graph, real);
  OnnxValue result = graph.known(node, real.output(0));
  if (power != 0) result.measured = {first.by, power};
  graph.define(node, node.output(0), std::move(result));
}

bool is_measured(const OnnxGraph& graph, const NodeProto& node) {
  for (int i = 0; i < node.input_size(); ++i)
    if (OnnxGraph::has_input(node, i) && !graph.value(node, i).measured.by.empty()) return true;
  return false;
}

std::optional<NodeProto> on_integers(OnnxGraph& graph, const NodeProto& node) {
  static const OnnxHandlers own = quantized_handlers();
  std::optional<NodeProto> result;
  if (own.count(node.op_type()) != 0) return result;
  const bool keeps = has_trait(node.op_type(), host::kKeepsNumbers);
  for (int i = keeps ? 1 : 0; i < node.input_size(); ++i) {
    if (!OnnxGraph::has_input(node, i) || !graph.value(node, i).quantization) continue;
    const std::string name = node.input(i) + " (integers)";
    if (graph.find(name) == nullptr) graph.name_value(name, as_integers(graph, node, graph.value(node, i)));
    if (!result) result = node;
    result->set_input(i, name);
  }
  return result;
}

OnnxValue as_integers(OnnxGraph& graph, const NodeProto& node, OnnxValue numbers) {
  const Quantization by = *numbers.quantization;
  const ElementType type = numbers.type;
  const Limits limits = limits_of(type);
  numbers.quantization.reset();
  Spelling words(graph, node);
  HostAttributes bounds;
  bounds.numbers["min"] = {limits.least};
  bounds.numbers["max"] = {limits.most};
  const OnnxValue whole = words.step("Round", {words.step("Div", {numbers, Spelling::number(by.scale)})});
  OnnxValue result = words.step("Clip", {words.step("Add", {whole, Spelling::number(by.zero)})}, bounds);
  result.type = type;
  return result;
}

void finish_output(OnnxGraph& graph, const std::string& name) {
  const NodeProto* node = graph.model().producer(name);
  const OnnxValue* value = graph.find(name);
  if (node == nullptr || value == nullptr) return;
  if (!value->measured.by.empty()) {
    graph.model().fail(*node,
                       fmt::format("output '{}' has a scale that is measured for every image; accepted: "
                                   "its product with the scale",
                                   name));
  }
  if (value->quantization) graph.name_value(name, as_integers(graph, *node, *value));
}

void check_measured(const OnnxGraph& graph, const NodeProto& node) {
  static const OnnxHandlers own = quantized_handlers();
  const std::string& op = node.op_type();
  if (own.count(op) != 0 || op == "Cast" || op == "Mul" || op == "Identity") return;
  for (int i = 0; i < node.input_size(); ++i) {
    if (!OnnxGraph::has_input(node, i) || graph.value(node, i).measured.by.empty()) continue;
    graph.model().fail(node, fmt::format("reads '{}', whose scale is measured for every image; accepted: a "
                                         "product of integers, then its product with the scale",
                                         node.input(i)));
  }
}

}  // namespace bitbalance::onnx_io
