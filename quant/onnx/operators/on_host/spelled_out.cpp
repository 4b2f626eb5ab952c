// The other way round than canonical.h: an operator that the host has no function for, in words of others;
// and one whose attributes choose among functions that it has.
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

/// x / |x| along the axis; |x| is the sum of the magnitudes, or the root of that of the squares.
void lp_normalization(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  const OnnxValue x = graph.value(node, 0);
  const std::int64_t p = int_attribute(node, "p", 2);
  if (p != 1 && p != 2) graph.model().fail(node, fmt::format("p is {}; accepted: 1, 2", p));
  HostAttributes axis;
  axis.integers["axes"] = {int_attribute(node, "axis", -1)};
  words.result("Div", {x, words.step(p == 1 ? "ReduceL1" : "ReduceL2", {x}, axis)});
}

/// (x - mean) / (deviation + 10^-9) over these axes.
void mean_variance_normalization(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  const OnnxValue x = graph.value(node, 0);
  HostAttributes axes;
  axes.integers["axes"] = ints_attribute(node, "axes", {0, 2, 3});
  const OnnxValue centered = words.step("Sub", {x, words.step("ReduceMean", {x}, axes)});
  const OnnxValue variance = words.step("ReduceMean", {words.step("Mul", {centered, centered})}, axes);
  const OnnxValue deviation = words.step("Sqrt", {variance});
  words.result("Div", {centered, words.step("Add", {deviation, Spelling::number(1e-9F)})});
}

/// (sum of |x|^p)^(1/p) over all but the first two dimensions.
void global_lp_pool(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  const OnnxValue x = graph.value(node, 0);
  const auto p = static_cast<float>(int_attribute(node, "p", 2));
  if (p < 1) graph.model().fail(node, fmt::format("p is {}; accepted: at least 1", p));
  HostAttributes plane;
  for (std::size_t d = 2; d < x.dims.size(); ++d)
    plane.integers["axes"].push_back(static_cast<std::int64_t>(d));
  if (plane.integers.empty()) {
    graph.model().fail(node,
                       fmt::format("input is {}; accepted: three dimensions or more", to_string(x.dims)));
  }
  if (p <= 2) {
    words.result(p == 1 ? "ReduceL1" : "ReduceL2", {x}, plane);
    return;
  }
  const OnnxValue powers = words.step("Pow", {words.step("Abs", {x}), Spelling::number(p)});
  words.result("Pow", {words.step("ReduceSum", {powers}, plane), Spelling::number(1 / p)});
}

/// Of real numbers with the dividend's sign, as the standard asks for; of integers either way.
void modulo(OnnxGraph& graph, const NodeProto& node) {
  if (is_real(graph.value(node, 0).type) && int_attribute(node, "fmod", 0) == 0)
    graph.model().fail(node, "fmod is 0 for real numbers; accepted: 1");
  import_host_operator(graph, node);
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
      {"GlobalLpPool", global_lp_pool},
      {"GreaterOrEqual", compare_or_equal},
      {"GroupNormalization", group_normalization},
      {"LessOrEqual", compare_or_equal},
      {"LpNormalization", lp_normalization},
      {"MeanVarianceNormalization", mean_variance_normalization},
      {"Mish", mish},
      {"Mod", modulo},
      {"Not", logical_not},
      {"Or", logical_or},
      {"RMSNormalization", rms_normalization},
      {"Swish", swish},
      {"Xor", logical_xor},
  };
}

}  // namespace bitbalance::onnx_io
