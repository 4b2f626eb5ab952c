#include "quant/ir/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace bitbalance::ir {
namespace {

// conv followed by an affine is a conv: scale[m] * (w * x + b) + shift[m].
void fold_into(Node& conv, const Node& affine) {
  const std::size_t channels = conv.bias.size();
  const std::size_t filter = conv.weights.size() / channels;
  for (std::size_t m = 0; m < channels; ++m) {
    for (std::size_t i = 0; i < filter; ++i) conv.weights[m * filter + i] *= affine.scale[m];
    conv.bias[m] = conv.bias[m] * affine.scale[m] + affine.bias[m];
  }
  conv.output = affine.output;
}

Node depthwise_from(const Node& affine) {
  Node conv = affine;
  conv.op = Op::kConv;
  conv.groups = static_cast<int>(affine.scale.size());
  conv.weights = affine.scale;
  conv.scale.clear();
  return conv;
}

}  // namespace

std::vector<int> sources(const Node& node) {
  std::vector<int> read = {node.input};
  if (node.operand >= 0) read.push_back(node.operand);
  read.insert(read.end(), node.others.begin(), node.others.end());
  return read;
}

std::vector<int> count_uses(const Network& network) {
  std::vector<int> uses(network.tensors.size(), 0);
  for (const Node& node : network.nodes) {
    for (const int tensor : sources(node)) ++uses[tensor];
  }
  for (const int tensor : result_tensors(network)) ++uses[tensor];
  return uses;
}

Network without_unread(Network network) {
  std::vector<char> is_read(network.tensors.size(), 0);
  for (const int tensor : result_tensors(network)) is_read[tensor] = 1;
  std::vector<Node> nodes;
  for (auto node = network.nodes.rbegin(); node != network.nodes.rend(); ++node) {
    if (is_read[node->output] == 0) continue;
    for (const int tensor : sources(*node)) is_read[tensor] = 1;
    nodes.push_back(std::move(*node));
  }
  std::reverse(nodes.begin(), nodes.end());
  is_read[network.input] = 1;
  std::vector<int> number(network.tensors.size(), -1);
  std::vector<Tensor> tensors;
  for (std::size_t t = 0; t < is_read.size(); ++t) {
    if (is_read[t] == 0) continue;
    number[t] = static_cast<int>(tensors.size());
    tensors.push_back(std::move(network.tensors[t]));
  }
  const auto renumber = [&](int& tensor) {
    if (tensor >= 0) tensor = number[tensor];
  };
  for (Node& node : nodes) {
    renumber(node.input);
    renumber(node.operand);
    renumber(node.output);
    std::for_each(node.others.begin(), node.others.end(), renumber);
  }
  renumber(network.input);
  renumber(network.output);
  for (Output& output : network.outputs) renumber(output.tensor);
  network.nodes = std::move(nodes);
  network.tensors = std::move(tensors);
  return network;
}

void check_affine(const Network& network, const Node& affine) {
  const auto channels = static_cast<std::size_t>(network.shape(affine.input).channels);
  if (affine.scale.size() != channels || affine.bias.size() != channels) {
    throw std::logic_error(fmt::format("internal error: '{}' scales {} and shifts {} of {} channels",
                                       affine.name, affine.scale.size(), affine.bias.size(), channels));
  }
}

Network fold_affine(Network network) {
  const std::vector<int> uses = count_uses(network);
  std::vector<Node> folded;
  for (Node& node : network.nodes) {
    if (node.op != Op::kAffine) {
      folded.push_back(std::move(node));
      continue;
    }
    check_affine(network, node);
    const auto producer =
        std::find_if(folded.begin(), folded.end(), [&](const Node& n) { return n.output == node.input; });
    if (producer != folded.end() && producer->op == Op::kConv && uses[node.input] == 1) {
      fold_into(*producer, node);
    } else {
      folded.push_back(depthwise_from(node));
    }
  }
  network.nodes = std::move(folded);
  return network;
}

}  // namespace bitbalance::ir
