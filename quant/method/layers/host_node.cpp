#include "quant/method/layers/host_node.h"

#include "quant/host/graph_builders.h"

namespace bitbalance::method {
namespace {

/// `pooling` of a network: windows of planes, which have rows and columns.
HostGraph pooling_graph(const Network& network, const Node& pooling) {
  const auto planes = [&](int tensor) {
    const Shape& shape = network.shape(tensor);
    return Dims{1, shape.channels, shape.height, shape.width};
  };
  HostOperator step =
      host_step(pooling.op == Op::kMaxPool ? "MaxPool" : "AveragePool", planes(pooling.output), {{0, {}}});
  const Window& window = pooling.window;
  step.attributes.integers = {
      {"kernel_shape", {window.kernel_h, window.kernel_w}},
      {"strides", {window.stride_h, window.stride_w}},
      {"pads", {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right}}};
  if (pooling.count_include_pad) step.attributes.integers["count_include_pad"] = {1};
  return {{planes(pooling.input)}, std::move(step)};
}

}  // namespace

bool is_movable(const Node& node) {
  return node.op != Op::kConv && node.op != Op::kHost;
}

bool is_pooling(const Node& node) {
  return node.op == Op::kMaxPool || node.op == Op::kAvgPool;
}

Node on_host(const Network& network, const Node& node) {
  Node moved;
  moved.op = Op::kHost;
  moved.name = node.name;
  moved.input = node.input;
  moved.output = node.output;
  if (node.op == Op::kLookup) {
    moved.host = node.host;
    return moved;
  }
  if (is_pooling(node)) {
    moved.host = pooling_graph(network, node);
    return moved;
  }
  const std::vector<int> read = sources(node);
  moved.others.assign(read.begin() + 1, read.end());
  for (const int tensor : read) moved.host.inputs.push_back(channel_dims(network.shape(tensor)));
  const Dims dims = channel_dims(network.shape(node.output));
  const Dims per_channel = {dims[0], 1};
  std::vector<HostOperator>& steps = moved.host.steps;
  switch (node.op) {
    case Op::kAffine:
      check_affine(network, node);
      steps.push_back(host_step("Mul", dims, {{0, {}}, {-1, {per_channel, node.scale}}}));
      steps.push_back(host_step("Add", dims, {{1, {}}, {-1, {per_channel, node.bias}}}));
      break;
    case Op::kClip:
      steps.push_back(host_step("Clip", dims, {{0, {}}}));
      steps.back().attributes.numbers = {{"min", {node.low}}, {"max", {node.high}}};
      break;
    case Op::kAdd:
      steps.push_back(host_step("Add", dims, {{0, {}}, {1, {}}}));
      break;
    default: {  // kConcat
      std::vector<HostOperand> parts;
      for (std::size_t i = 0; i < read.size(); ++i) parts.push_back({static_cast<int>(i), {}});
      steps.push_back(host_step("Concat", dims, std::move(parts)));
    }
  }
  return moved;
}

}  // namespace bitbalance::method
