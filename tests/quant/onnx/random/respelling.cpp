#include "tests/quant/onnx/random/respelling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "base/text/enum_index.h"
#include "quant/method/layers/host_placement.h"
#include "quant/onnx/write/writer.h"
#include "tests/support/random/random_draw.h"

namespace bitbalance::test {
namespace {

using onnx::NodeProto;
using Words = std::vector<std::string>;
using onnx_io::set_attribute;

class Respelling : private RandomDraw {
 public:
  Respelling(const onnx::ModelProto& model, std::uint64_t seed) : RandomDraw(seed), model_(model) {
    opset_ = model.opset_import(0).version();
    rank_ = model.graph().input(0).type().tensor_type().shape().dim_size();
  }

  onnx::ModelProto run() {
    const onnx::GraphProto source = model_.graph();
    model_.mutable_graph()->clear_node();
    for (const NodeProto& node : source.node()) spell(node);
    return model_;
  }

 private:
  void spell(const NodeProto& node) {
    const std::string& op = node.op_type();
    if (op == "Relu" || op == "Clip") return clip(node);
    if (op == "Add" || op == "Mul") return commuted(node);
    if (op == "Div") return divided(node);
    if (op == "GlobalAveragePool" || op == "GlobalMaxPool") return global_pool(node);
    if (op == "Conv" || op == "MaxPool" || op == "AveragePool") return windowed(node);
    function(node);
  }

  NodeProto& add(const std::string& op, const Words& inputs, const std::string& output) {
    NodeProto& node = *model_.mutable_graph()->add_node();
    node.set_op_type(op);
    node.set_name(fmt::format("respelled {}", ++nodes_));
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }
  /// Of a node on the way; in any order.
  std::string step(const std::string& op, Words inputs) {
    shuffle_operands(op, inputs);
    const std::string name = fmt::format("respelled value {}", ++values_);
    add(op, inputs, name);
    return name;
  }
  void last(const NodeProto& node, const std::string& op, Words inputs) {
    shuffle_operands(op, inputs);
    add(op, inputs, node.output(0)).set_name(node.name());
  }
  /// A constant may be either operand.
  void shuffle_operands(const std::string& op, Words& inputs) {
    static const std::set<std::string> commute = {"Add", "Max", "Min", "Mul", "Sum"};
    const auto is_constant = [&](const std::string& name) { return stored(name) != nullptr; };
    if (commute.count(op) != 0 && std::any_of(inputs.begin(), inputs.end(), is_constant))
      std::shuffle(inputs.begin(), inputs.end(), engine());
  }
  NodeProto& last_node() { return *model_.mutable_graph()->mutable_node(model_.graph().node_size() - 1); }
  void keep(const NodeProto& node) { *model_.mutable_graph()->add_node() = node; }

  onnx::TensorProto& constant(int type, const std::vector<std::int64_t>& dims) {
    onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(fmt::format("respelled constant {}", ++values_));
    tensor.set_data_type(type);
    for (const std::int64_t dim : dims) tensor.add_dims(dim);
    return tensor;
  }
  std::string number(float value) {
    onnx::TensorProto& tensor = constant(onnx::TensorProto::FLOAT, chance(0.5) ? Dims{} : Dims{1});
    tensor.add_float_data(value);
    return tensor.name();
  }
  std::string integers(const std::vector<std::int64_t>& values) {
    onnx::TensorProto& tensor =
        constant(onnx::TensorProto::INT64, {static_cast<std::int64_t>(values.size())});
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return tensor.name();
  }

  const onnx::TensorProto* stored(const std::string& name) const {
    for (const onnx::TensorProto& tensor : model_.graph().initializer())
      if (tensor.name() == name) return &tensor;
    return nullptr;
  }
  float stored_number(const std::string& name) const {
    const onnx::TensorProto& tensor = *stored(name);
    float value = 0;
    if (tensor.float_data_size() == 1) return tensor.float_data(0);
    std::copy_n(tensor.raw_data().data(), sizeof value, reinterpret_cast<char*>(&value));
    return value;
  }

  /// Bounds one after the other, by any operators that have them.
  void clip(const NodeProto& node) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    float low = node.op_type() == "Relu" ? 0 : -kInfinity, high = kInfinity;
    for (const onnx::AttributeProto& attribute : node.attribute())
      (attribute.name() == "min" ? low : high) = attribute.f();
    for (int i = 1; i < node.input_size(); ++i)
      if (!node.input(i).empty()) (i == 1 ? low : high) = stored_number(node.input(i));
    if (std::isinf(low) && std::isinf(high)) return keep(node);
    std::vector<std::string> bounds;
    if (!std::isinf(low)) bounds.emplace_back(low == 0 && chance(0.4) ? "Relu" : "Max");
    if (!std::isinf(high)) bounds.emplace_back("Min");
    std::shuffle(bounds.begin(), bounds.end(), engine());
    const auto operands = [&](const std::string& op, const std::string& x) {
      return op == "Relu" ? Words{x} : Words{x, number(op == "Max" ? low : high)};
    };
    std::string x = node.input(0);
    if (bounds.size() == 2) x = step(bounds[0], operands(bounds[0], x));
    last(node, bounds.back(), operands(bounds.back(), x));
  }

  void commuted(const NodeProto& node) {
    Words inputs = {node.input().begin(), node.input().end()};
    last(node, node.op_type() == "Add" && chance(0.5) ? "Sum" : node.op_type(), inputs);
  }

  void divided(const NodeProto& node) {
    if (stored(node.input(1)) == nullptr) return keep(node);
    last(node, "Mul", {node.input(0), number(1 / stored_number(node.input(1)))});
  }

  void global_pool(const NodeProto& node) {
    if (rank_ != 4) return keep(node);
    const std::vector<std::int64_t> axes = {-1, 2};
    const std::string op = node.op_type() == "GlobalMaxPool" ? "ReduceMax" : "ReduceMean";
    if (opset_ >= 18) return last(node, op, {node.input(0), integers(axes)});
    last(node, op, {node.input(0)});
    set_attribute(last_node(), "axes", axes);
  }

  /// Some of the padding ahead of the window.
  void windowed(const NodeProto& node) {
    NodeProto inner = node;
    std::vector<std::int64_t> pads;
    bool counts = node.op_type() == "Conv", is_ceil = false;
    onnx::AttributeProto* own = nullptr;
    for (onnx::AttributeProto& attribute : *inner.mutable_attribute()) {
      if (attribute.name() == "count_include_pad") counts = attribute.i() != 0;
      if (attribute.name() == "ceil_mode") is_ceil = attribute.i() != 0;
      if (attribute.name() != "pads") continue;
      own = &attribute;
      pads.assign(attribute.ints().begin(), attribute.ints().end());
    }
    const bool is_maximum = node.op_type() == "MaxPool";
    if (own == nullptr || is_ceil || (!counts && !is_maximum)) return keep(node);
    for (int i = 0; i < own->ints_size(); ++i) {
      if (chance(0.3)) pads[i] = 0;
      own->set_ints(i, own->ints(i) - pads[i]);
    }
    for (const std::size_t at : {pads.size() / 2, std::size_t{0}}) pads.insert(pads.begin() + at, 2, 0);
    const float value = is_maximum ? std::numeric_limits<float>::lowest() : 0;
    inner.set_input(0, padded(node.input(0), pads, value));
    keep(inner);
  }
  std::string padded(const std::string& x, const std::vector<std::int64_t>& pads, float value) {
    constexpr std::int64_t kPadsAreInputs = 11;
    if (opset_ < kPadsAreInputs) {
      const std::string name = step("Pad", {x});
      set_attribute(last_node(), "pads", pads);
      if (value != 0) set_attribute(last_node(), "value", value);
      return name;
    }
    Words inputs = {x, integers(pads)};
    if (value != 0 || chance(0.5)) inputs.push_back(number(value));
    if (inputs.size() == 2) inputs.emplace_back();
    return step("Pad", inputs);
  }

  /// Of each element, in several nodes.
  void function(const NodeProto& node) {
    const std::string& op = node.op_type();
    const std::string x = node.input_size() == 0 ? "" : node.input(0);
    if (op == "Neg") return negation(node, x);
    if (op == "Softplus") return last(node, "Log", {one_plus(step("Exp", {x}))});
    if (op == "Sigmoid") return sigmoid(node, x);
    if (op == "HardSwish")
      return product(node, {x, step("Min", {step("Relu", {step("Add", {x, number(3)})}), number(6)})},
                     1.0F / 6);
    if (op == "Gelu") return gelu(node, x);
    if (op == "Mish")
      return last(node, "Mul", {x, step("Tanh", {step("Log", {one_plus(step("Exp", {x}))})})});
    keep(node);
  }
  std::string one_plus(const std::string& x) { return step("Add", {x, number(1)}); }
  void negation(const NodeProto& node, const std::string& x) {
    if (chance(0.3)) return last(node, "Sub", {number(0), x});
    last(node, chance(0.5) ? "Mul" : "Div", {x, number(-1)});
  }
  std::string minus(const std::string& x) {
    if (chance(0.3)) return step("Neg", {x});
    if (chance(0.3)) return step("Sub", {number(0), x});
    return step(chance(0.5) ? "Mul" : "Div", {x, number(-1)});
  }
  void sigmoid(const NodeProto& node, const std::string& x) {
    const std::string sum = one_plus(step("Exp", {minus(x)}));
    if (chance(0.5)) return last(node, "Reciprocal", {sum});
    last(node, "Div", {number(1), sum});
  }
  /// Factors and a number, multiplied in any order.
  void product(const NodeProto& node, Words factors, float factor) {
    factors.push_back(number(factor));
    std::shuffle(factors.begin(), factors.end(), engine());
    last(node, "Mul", {step("Mul", {factors[0], factors[1]}), factors[2]});
  }
  void gelu(const NodeProto& node, const std::string& x) {
    bool is_tanh = false;
    for (const onnx::AttributeProto& attribute : node.attribute()) is_tanh = attribute.s() == "tanh";
    if (!is_tanh) {
      const std::string inner = step("Mul", {x, number(std::sqrt(0.5F))});
      return product(node, {x, one_plus(step("Erf", {inner}))}, 0.5F);
    }
    const std::string cube =
        chance(0.5) ? step("Pow", {x, number(3)}) : step("Mul", {x, step("Mul", {x, x})});
    const std::string sum = step("Add", {x, step("Mul", {cube, number(0.044715F)})});
    const std::string inner = step("Mul", {sum, number(std::sqrt(2 / std::acos(-1.0F)))});
    product(node, {x, one_plus(step("Tanh", {inner}))}, 0.5F);
  }

  onnx::ModelProto model_;
  std::int64_t opset_ = 0;
  int rank_ = 0, nodes_ = 0, values_ = 0;
};

bool is_near(float a, float b) {
  return a == b || std::abs(a - b) <= 1e-5F * std::max({1.0F, std::abs(a), std::abs(b)});
}

bool are_near(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), is_near);
}

bool is_same_operand(const HostOperand& a, const HostOperand& b) {
  return a.value == b.value && a.constant.dims == b.constant.dims &&
         are_near(a.constant.values, b.constant.values);
}

bool is_same_step(const HostOperator& a, const HostOperator& b) {
  return a.type == b.type && a.result == b.result && a.attributes.words == b.attributes.words &&
         std::equal(a.operands.begin(), a.operands.end(), b.operands.begin(), b.operands.end(),
                    is_same_operand);
}

std::string difference(const Node& a, const Node& b) {
  if (a.op != b.op) return fmt::format("operations {} and {}", enum_index(a.op), enum_index(b.op));
  const auto fields = [](const Node& n) {
    return std::vector<int>{n.window.kernel_h,   n.window.kernel_w,  n.window.stride_h,
                            n.window.stride_w,   n.window.pad_top,   n.window.pad_left,
                            n.window.pad_bottom, n.window.pad_right, n.window.dilation_h,
                            n.window.dilation_w, n.groups,           n.count_include_pad ? 1 : 0};
  };
  if (fields(a) != fields(b)) return "windows";
  if (!is_near(a.low, b.low) || !is_near(a.high, b.high))
    return fmt::format("bounds {} .. {} and {} .. {}", a.low, a.high, b.low, b.high);
  if (!are_near(a.weights, b.weights) || !are_near(a.bias, b.bias)) return "constants";
  const bool is_same_graph =
      a.host.inputs == b.host.inputs && std::equal(a.host.steps.begin(), a.host.steps.end(),
                                                   b.host.steps.begin(), b.host.steps.end(), is_same_step);
  return is_same_graph ? "" : "operators of the host";
}

}  // namespace

onnx::ModelProto respelled(const onnx::ModelProto& model, std::uint64_t seed) {
  return Respelling(model, seed).run();
}

std::string difference(const Network& first, const Network& second) {
  const Network a = lower_network(first), b = lower_network(second);
  if (a.nodes.size() != b.nodes.size()) return fmt::format("{} and {} nodes", a.nodes.size(), b.nodes.size());
  std::map<int, int> tensors = {{a.input, b.input}};
  for (std::size_t n = 0; n < a.nodes.size(); ++n) {
    const Node &left = a.nodes[n], &right = b.nodes[n];
    if (const std::string found = difference(left, right); !found.empty())
      return fmt::format("node {} '{}': {}", n, left.name, found);
    if (!(a.shape(left.output) == b.shape(right.output))) return fmt::format("node {}: shapes", n);
    std::vector<int> read = sources(left), wanted = sources(right);
    for (int& tensor : read) tensor = tensors.at(tensor);
    std::sort(read.begin(), read.end());  // an addition has no order
    std::sort(wanted.begin(), wanted.end());
    if (read != wanted) return fmt::format("node {} '{}': inputs", n, left.name);
    tensors[left.output] = right.output;
  }
  return tensors.at(a.output) == b.output ? "" : "outputs";
}

}  // namespace bitbalance::test
