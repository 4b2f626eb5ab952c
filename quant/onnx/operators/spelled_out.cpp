// The other way round than canonical.h: an operator that the host has no function for, in words of others.
#include <fmt/format.h>

#include <algorithm>

#include "quant/onnx/graph/graph.h"
#include "quant/onnx/graph/spelling.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

void logical_and(OnnxGraph& graph, const NodeProto& node) {
  Spelling(graph, node).result("Mul", {graph.value(node, 0), graph.value(node, 1)});
}

void logical_or(OnnxGraph& graph, const NodeProto& node) {
  Spelling(graph, node).result("Max", {graph.value(node, 0), graph.value(node, 1)});
}

void logical_xor(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  words.result("Abs", {words.step("Sub", {graph.value(node, 0), graph.value(node, 1)})});
}

void logical_not(OnnxGraph& graph, const NodeProto& node) {
  Spelling(graph, node).result("Sub", {Spelling::number(1), graph.value(node, 0)});
}

/// One of both, so that nothing holds for what is no number.
void compare_or_equal(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  const std::vector<OnnxValue> operands = {graph.value(node, 0), graph.value(node, 1)};
  const char* strict = node.op_type() == "GreaterOrEqual" ? "Greater" : "Less";
  words.result("Max", {words.step(strict, operands), words.step("Equal", operands)});
}

/// x * tanh(log(1 + exp(x))).
void mish(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  const OnnxValue x = graph.value(node, 0);
  words.result("Mul", {x, words.step("Tanh", {words.step("Softplus", {x})})});
}

/// x * sigmoid(alpha * x).
void swish(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  const OnnxValue x = graph.value(node, 0);
  const float alpha = float_attribute(node, "alpha", 1);
  const OnnxValue scaled = alpha == 1 ? x : words.step("Mul", {x, Spelling::number(alpha)});
  words.result("Mul", {x, words.step("Sigmoid", {scaled})});
}

/// x / sqrt(mean(x^2) + epsilon) * scale, the mean over the dimensions from the axis on.
void rms_normalization(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  const OnnxValue x = graph.value(node, 0);
  const auto rank = static_cast<std::int64_t>(x.dims.size());
  HostAttributes axes;
  for (auto d = static_cast<std::int64_t>(normal_axis(int_attribute(node, "axis", -1), x.dims.size()));
       d < rank; ++d)
    axes.integers["axes"].push_back(d);
  const OnnxValue square = words.step("ReduceMean", {words.step("Mul", {x, x})}, axes);
  const OnnxValue epsilon = Spelling::number(float_attribute(node, "epsilon", 1e-5F));
  const OnnxValue root = words.step("Sqrt", {words.step("Add", {square, epsilon})});
  words.result("Mul", {words.step("Div", {x, root}), graph.value(node, 1)});
}

/// One value for each group as one for each channel; one for each channel stays. Before operator set 21 there
/// was one for each group.
OnnxValue for_channels(const OnnxGraph& graph, const NodeProto& node, int index, std::int64_t groups,
                       std::int64_t channels, std::size_t rank) {
  constexpr std::int64_t kPerChannel = 21;
  const std::int64_t expected = graph.model().opset() < kPerChannel ? groups : channels;
  const std::vector<float> given = graph.per_channel(node, index, static_cast<int>(expected));
  OnnxValue spread = {-1, Dims(rank, 1), {}, onnx::TensorProto::FLOAT};
  spread.dims[1] = channels;
  for (std::int64_t c = 0; c < channels; ++c) spread.constant.push_back(given[c * expected / channels]);
  return spread;
}

/// The channels of a group are normalized together, as one channel would be.
void group_normalization(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  const OnnxValue x = graph.value(node, 0);
  const std::int64_t groups = int_attribute(node, "num_groups", 0);
  const std::int64_t channels = x.dims.size() < 3 ? 0 : x.dims[1];
  if (groups < 1 || channels % groups != 0 || channels == 0) {
    graph.model().fail(node, fmt::format("{} groups of an input of {}; accepted: a divisor of dimension 1",
                                         groups, to_string(x.dims)));
  }
  OnnxValue grouped = x;
  grouped.dims = {x.dims[0], groups, channels / groups * element_count(x.dims, 2)};
  HostAttributes epsilon;
  epsilon.numbers["epsilon"] = {float_attribute(node, "epsilon", 1e-5F)};
  const OnnxValue ones = {-1, {groups}, std::vector<float>(groups, 1), onnx::TensorProto::FLOAT};
  const OnnxValue zeros = {-1, {groups}, std::vector<float>(groups, 0), onnx::TensorProto::FLOAT};
  OnnxValue normal = words.step("InstanceNormalization", {grouped, ones, zeros}, epsilon);
  normal.dims = x.dims;
  const auto spread = [&](int index) {
    return for_channels(graph, node, index, groups, channels, x.dims.size());
  };
  words.result("Add", {words.step("Mul", {normal, spread(1)}), spread(2)});
}

}  // namespace

OnnxHandlers spelled_out_handlers() {
  return {
      {"And", logical_and},
      {"GreaterOrEqual", compare_or_equal},
      {"GroupNormalization", group_normalization},
      {"LessOrEqual", compare_or_equal},
      {"Mish", mish},
      {"Not", logical_not},
      {"Or", logical_or},
      {"RMSNormalization", rms_normalization},
      {"Swish", swish},
      {"Xor", logical_xor},
  };
}

}  // namespace bitbalance::onnx_io
