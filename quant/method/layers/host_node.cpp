#include "quant/method/layers/host_node.h"

#include "quant/host/graph_builders.h"

namespace bitbalance::method {

bool is_movable(const Node& node) {
  return node.op == Op::kAffine || node.op == Op::kClip || node.op == Op::kLookup || node.op == Op::kAdd ||
         node.op == Op::kConcat;
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
