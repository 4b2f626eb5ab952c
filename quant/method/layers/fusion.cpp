#include "quant/method/layers/fusion.h"

#include <algorithm>
#include <cmath>

namespace bitbalance::method {
namespace {

class Fuser {
 public:
  explicit Fuser(const Network& network) : network_(network), uses_(count_uses(network)) {}

  std::vector<FusedLayer> run() {
    for (const Node& node : network_.nodes) place(node);
    return std::move(layers_);
  }

 private:
  using Position = std::vector<FusedLayer>::iterator;

  // Into a layer of its own, or into one that is there.
  void place(const Node& node) {
    switch (node.op) {
      case Op::kConv:
      case Op::kAffine:
        return append(LayerOp::kConv, node);
      case Op::kClip:
        return clip(node);
      case Op::kMaxPool:
        return append(LayerOp::kMaxPool, node);
      case Op::kAvgPool:
        return append(LayerOp::kAvgPool, node);
      case Op::kAdd:
        return add(node);
      case Op::kConcat:
        return concatenate(node);
      case Op::kLookup:
        return lookup(node);
      case Op::kHost:
        return append(LayerOp::kHost, node);
    }
  }

  void append(LayerOp op, const Node& node) {
    FusedLayer layer;
    layer.op = op;
    layer.node = &node;
    layer.input = node.input;
    layer.operand = node.operand;
    layer.output = node.output;
    layers_.push_back(layer);
  }

  // The layer that writes a tensor which is read once; end() for any other tensor.
  Position only_source(int tensor) {
    if (uses_[tensor] != 1) return layers_.end();
    return std::find_if(layers_.begin(), layers_.end(),
                        [&](const FusedLayer& l) { return l.output == tensor; });
  }

  void clip(const Node& node) {
    Position source = only_source(node.input);
    if (source == layers_.end() || source->lookup != nullptr) {
      append(LayerOp::kMaxPool, node);
      source = std::prev(layers_.end());
    }
    source->output = node.output;
    source->low = std::clamp(source->low, node.low, node.high);
    source->high = std::clamp(source->high, node.low, node.high);
  }

  void lookup(const Node& node) {
    Position source = only_source(node.input);
    if (source == layers_.end() || source->op != LayerOp::kConv || source->lookup != nullptr) {
      append(LayerOp::kLookup, node);
      source = std::prev(layers_.end());
    }
    source->lookup = &node;
    source->output = node.output;
  }

  bool takes_operand(Position source) const {
    return source != layers_.end() && source->op == LayerOp::kConv && source->operand < 0 &&
           source->lookup == nullptr && std::isinf(source->low) && std::isinf(source->high);
  }

  // The convolution moves to the addition's place, where both addends exist; of two the later one moves less
  // far.
  void add(const Node& node) {
    Position first = only_source(node.input);
    Position second = only_source(node.operand);
    const bool is_first = takes_operand(first);
    if (!is_first && !takes_operand(second)) {
      append(LayerOp::kAdd, node);
      return;
    }
    const bool use_first = is_first && (!takes_operand(second) || first > second);
    const Position chosen = use_first ? first : second;
    FusedLayer layer = *chosen;
    layers_.erase(chosen);
    layer.operand = use_first ? node.operand : node.input;
    layer.output = node.output;
    layers_.push_back(layer);
  }

  // Max pooling keeps its input's scale, so it cannot take over the concatenation's; and a tensor can be a
  // slice of one other only.
  bool becomes_slice(Position source) const {
    return source != layers_.end() && source->op != LayerOp::kMaxPool && !on_host(source->op) &&
           source->concat < 0;
  }

  void concatenate(const Node& node) {
    int channel = 0;
    for (const int part : sources(node)) {
      Position source =
          std::find_if(layers_.begin(), layers_.end(), [&](const FusedLayer& l) { return l.output == part; });
      if (!becomes_slice(source)) {
        append(LayerOp::kAvgPool, node);
        source = std::prev(layers_.end());
        source->input = part;
        source->output = -1;
      }
      source->concat = node.output;
      source->channel_offset = channel;
      channel += network_.shape(part).channels;
    }
  }

  const Network& network_;
  std::vector<int> uses_;
  std::vector<FusedLayer> layers_;
};

}  // namespace

std::vector<FusedLayer> fuse(const Network& network) {
  return Fuser(network).run();
}

}  // namespace bitbalance::method
