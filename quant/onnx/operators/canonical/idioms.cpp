#include "quant/onnx/operators/canonical/idioms.h"

#include <cmath>
#include <optional>
#include <vector>

#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/canonical/expressions.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

bool is_tensor(const OnnxGraph& graph, const std::string& name) {
  const OnnxValue* value = graph.find(name);
  return value != nullptr && value->tensor >= 0 && is_real(value->type);
}

/// Which Gelu has the factor: 1 + erf(x / sqrt(2)) the exact one ("none"), 1 + tanh(...) the approximation
/// ("tanh"); null: none.
const char* gelu_of(const OnnxGraph& graph, const std::string& factor, const std::string& x) {
  const double two_over_pi_root = std::sqrt(2 / std::acos(-1.0)), cubic_share = 0.044715;
  const NodeProto* function = added_to_one(graph, factor);
  const bool is_exact = function != nullptr && function->op_type() == "Erf";
  if (!is_exact && (function == nullptr || function->op_type() != "Tanh")) return nullptr;
  const std::optional<std::vector<double>> inner = polynomial_of(graph, function->input(0), x);
  if (!inner || (*inner)[0] != 0 || (*inner)[2] != 0) return nullptr;
  const double linear = (*inner)[1], cubic = (*inner)[3];
  if (is_exact) return is_near(linear, std::sqrt(0.5)) && cubic == 0 ? "none" : nullptr;
  return is_near(linear, two_over_pi_root) && is_near(cubic, two_over_pi_root * cubic_share) ? "tanh"
                                                                                             : nullptr;
}

/// Is the factor times `number` the HardSigmoid of HardSwish?
bool is_swish_factor(const OnnxGraph& graph, const std::string& factor, double number, const std::string& x) {
  const NodeProto* node = graph.model().producer(factor);
  if (node != nullptr && node->op_type() == "HardSigmoid") {
    return number == 1 && is_same(graph, node->input(0), x) &&
           is_near(float_attribute(*node, "alpha", 0.2F), 1.0 / 6) &&
           float_attribute(*node, "beta", 0.5F) == 0.5F;
  }
  const Clipped inner = clipped_of(graph, factor, x);
  return is_same(graph, inner.x, x) && inner.low == 0 && is_near(inner.high * number, 1) &&
         is_near(inner.scale * number, 1.0 / 6) && is_near(inner.shift * number, 0.5);
}

/// clip(scale * x + shift, 0, 1): two layers, which a convolution before them takes in.
bool add_hard_sigmoid(OnnxGraph& graph, const NodeProto& node, const std::string& x, double scale,
                      double shift) {
  if (!is_tensor(graph, x)) return false;
  const OnnxValue value = graph.known(node, x);
  const int channels = graph.shape(value.tensor).channels;
  if (channels > kMostCopies) return false;
  const OnnxValue line = graph.add_affine_step(
      node, value, std::vector<float>(channels, static_cast<float>(scale)),
      std::vector<float>(channels, static_cast<float>(shift)), node.output(0) + " (line)");
  Node& layer = graph.add_layer(node, Op::kClip, line.tensor, graph.shape(line.tensor), line.dims);
  layer.low = 0;
  layer.high = 1;
  return true;
}

/// A clip of a straight line over its upper bound.
bool import_clip_over_bound(OnnxGraph& graph, const NodeProto& node, const Product& product) {
  const Clipped inner = clipped_of(graph, product.factors[0]);
  const bool is_one = inner.low == 0 && is_near(inner.high * product.number, 1);
  const bool is_plain = inner.scale == 1 && inner.shift == 0;  // a clip, which has a layer already
  return is_one && !is_plain &&
         add_hard_sigmoid(graph, node, inner.x, inner.scale * product.number, inner.shift * product.number);
}

/// x times a gate of x, `number` being what is left of the product.
bool import_gate(OnnxGraph& graph, const NodeProto& node, const std::string& x, const std::string& gate,
                 double number) {
  if (!is_tensor(graph, x)) return false;
  const OnnxValue value = graph.known(node, x);
  if (is_near(number, 0.5)) {
    if (const char* approximation = gelu_of(graph, gate, x); approximation != nullptr) {
      HostAttributes attributes;
      if (approximation == std::string("tanh")) attributes.words["approximate"] = approximation;
      Spelling(graph, node).result("Gelu", {value}, attributes);
      return true;
    }
  }
  if (!is_swish_factor(graph, gate, number, x)) return false;
  Spelling(graph, node).result("HardSwish", {value});
  return true;
}

/// Of two factors, one is x, or x is a number times it.
bool import_gated(OnnxGraph& graph, const NodeProto& node, const Product& product) {
  for (const std::size_t at : {0, 1}) {
    const std::string &factor = product.factors[at], &gate = product.factors[1 - at];
    if (import_gate(graph, node, factor, gate, product.number)) return true;
    for (const Multiple& multiple : product.multiples) {
      if (multiple.factor == factor &&
          import_gate(graph, node, multiple.name, gate, product.number / multiple.number))
        return true;
    }
  }
  return false;
}

/// The x of -x; empty: the value is something else.
std::string negated_of(const OnnxGraph& graph, const std::string& name) {
  const NodeProto* node = graph.model().producer(name);
  if (node == nullptr) return "";
  const std::string& op = node->op_type();
  const auto is_number = [&](int index, float value) {
    const std::optional<float> found = number(graph, *node, index);
    return found && *found == value;
  };
  if (op == "Neg" || ((op == "Mul" || op == "Div") && is_number(1, -1))) return node->input(0);
  if ((op == "Mul" && is_number(0, -1)) || (op == "Sub" && is_number(0, 0))) return node->input(1);
  return "";
}

/// The x of 1 + exp(-x); empty: the value is something else.
std::string logistic_of(const OnnxGraph& graph, const std::string& name) {
  const NodeProto* exp = added_to_one(graph, name);
  return exp != nullptr && exp->op_type() == "Exp" ? negated_of(graph, exp->input(0)) : "";
}

bool import_sigmoid(OnnxGraph& graph, const NodeProto& node) {
  const bool is_reciprocal = node.op_type() == "Reciprocal";
  const std::string x = logistic_of(graph, node.input(is_reciprocal ? 0 : 1));
  if (x.empty() || !is_tensor(graph, x)) return false;
  const std::optional<float> numerator = is_reciprocal ? 1 : number(graph, node, 0);
  const OnnxValue value = graph.known(node, x);
  Spelling words(graph, node);
  if (numerator && *numerator == 1) {
    words.result("Sigmoid", {value});
  } else if (!numerator && is_tensor(graph, node.input(0))) {
    const OnnxValue& gated = graph.known(node, node.input(0));
    words.result("Mul", {gated, words.step("Sigmoid", {value})});
  } else {
    return false;
  }
  return true;
}

bool import_softplus(OnnxGraph& graph, const NodeProto& node) {
  const NodeProto* exp = added_to_one(graph, node.input(0));
  if (exp == nullptr || exp->op_type() != "Exp" || !is_tensor(graph, exp->input(0))) return false;
  Spelling(graph, node).result("Softplus", {graph.known(node, exp->input(0))});
  return true;
}

}  // namespace

bool import_idiom(OnnxGraph& graph, const NodeProto& node) {
  const std::string& op = node.op_type();
  if (op == "Log") return import_softplus(graph, node);
  if (op == "Reciprocal" || (op == "Div" && !number(graph, node, 1))) return import_sigmoid(graph, node);
  if (op == "HardSigmoid") {
    return add_hard_sigmoid(graph, node, node.input(0), float_attribute(node, "alpha", 0.2F),
                            float_attribute(node, "beta", 0.5F));
  }
  if (op != "Mul" && op != "Div") return false;
  const Product product = product_of(graph, node);
  if (product.factors.size() == 1) return import_clip_over_bound(graph, node, product);
  return product.factors.size() == 2 && import_gated(graph, node, product);
}

}  // namespace bitbalance::onnx_io
