#include "quant/method/layers/equalization.h"

#include <algorithm>
#include <cmath>

#include "quant/host/graph_builders.h"

namespace bitbalance::method {
namespace {

/// y[c] = factor[c] * (x[c] - offset[c]).
struct ChannelMap {
  std::vector<float> factor, offset;
};

/// 1 for what is no factor: of a channel or weights of zeros, or next to the smallest float.
float factor_or_one(float factor) {
  return std::isfinite(factor) && factor > 0 ? factor : 1;
}

/// The graph on an input that has gone through the map.
void undo_on_input(HostGraph& graph, int input, const Shape& shape, const ChannelMap& map) {
  const auto inputs = static_cast<int>(graph.inputs.size());
  const Dims wanted = graph.inputs[input], dims = channel_dims(shape), per_channel = {dims[0], 1};
  std::vector<float> inverse(map.factor.size());
  std::transform(map.factor.begin(), map.factor.end(), inverse.begin(), [](float f) { return 1 / f; });
  std::vector<HostOperator> steps = {
      host_step("Mul", dims, {{input, {}}, {-1, {per_channel, inverse}}}),
      host_step("Add", dims, {{inputs, {}}, {-1, {per_channel, map.offset}}}),
      view_step(inputs + 1, wanted),
  };
  const auto added = static_cast<int>(steps.size());
  graph.inputs[input] = dims;
  for (HostOperator& old : graph.steps) {
    for (HostOperand& operand : old.operands) {
      if (operand.value == input) {
        operand.value = inputs + added - 1;
      } else if (operand.value >= inputs) {
        operand.value += added;
      }
    }
    steps.push_back(std::move(old));
  }
  graph.steps = std::move(steps);
}

void apply_to_output(HostGraph& graph, const Shape& shape, const ChannelMap& map) {
  const Dims wanted = graph.steps.back().result, dims = channel_dims(shape), per_channel = {dims[0], 1};
  const auto last = static_cast<int>(graph.inputs.size() + graph.steps.size()) - 1;
  graph.steps.push_back(view_step(last, dims));
  graph.steps.push_back(host_step("Sub", dims, {{last + 1, {}}, {-1, {per_channel, map.offset}}}));
  graph.steps.push_back(host_step("Mul", dims, {{last + 2, {}}, {-1, {per_channel, map.factor}}}));
  graph.steps.push_back(view_step(last + 3, wanted));
}

void apply_to_output(Node& conv, const ChannelMap& map) {
  const std::size_t filter = conv.weights.size() / conv.bias.size();
  for (std::size_t m = 0; m < conv.bias.size(); ++m) {
    for (std::size_t i = m * filter; i < (m + 1) * filter; ++i) conv.weights[i] *= map.factor[m];
    conv.bias[m] = (conv.bias[m] - map.offset[m]) * map.factor[m];
  }
}

/// x = y / factor + offset.
void undo_on_input(Node& conv, const ChannelMap& map) {
  const std::size_t area = conv.window.area(), group_inputs = map.factor.size() / conv.groups;
  const std::size_t group_outputs = conv.bias.size() / conv.groups;
  for (std::size_t m = 0; m < conv.bias.size(); ++m) {
    double shift = 0;
    for (std::size_t i = 0; i < group_inputs; ++i) {
      const std::size_t channel = m / group_outputs * group_inputs + i;
      for (std::size_t k = 0; k < area; ++k) {
        float& weight = conv.weights[(m * group_inputs + i) * area + k];
        shift += static_cast<double>(weight) * map.offset[channel];
        weight /= map.factor[channel];
      }
    }
    conv.bias[m] += static_cast<float>(shift);
  }
}

bool is_depthwise(const Node& conv, const Shape& input) {
  return conv.groups == input.channels;
}

bool pads(const Window& window) {
  return std::max({window.pad_top, window.pad_left, window.pad_bottom, window.pad_right}) > 0;
}

class Equalizer {
 public:
  Equalizer(Network& network, Calibration& calibration) : network_(network), calibration_(calibration) {}

  void run() {
    for (Node& node : network_.nodes) {
      if (is_result(network_, node.output)) continue;
      const std::vector<Node*> readers = readers_of(node.output);
      if (node.op == Op::kConv && all_are(readers, Op::kHost)) {
        behind_convolution(node, readers);
      } else if (node.op == Op::kHost && all_are(readers, Op::kConv)) {
        ahead_of_convolution(node, readers);
      }
    }
  }

 private:
  std::vector<Node*> readers_of(int tensor) {
    std::vector<Node*> readers;
    for (Node& node : network_.nodes) {
      const std::vector<int> read = sources(node);
      if (std::find(read.begin(), read.end(), tensor) != read.end()) readers.push_back(&node);
    }
    return readers;
  }

  static bool all_are(const std::vector<Node*>& nodes, Op op) {
    return !nodes.empty() && std::all_of(nodes.begin(), nodes.end(), [&](Node* n) { return n->op == op; });
  }

  const std::vector<ValueRange>& channels(int tensor) const {
    return calibration_.channels.at(network_.tensors[tensor].name);
  }

  void behind_convolution(Node& conv, const std::vector<Node*>& readers) {
    ChannelMap map;
    for (const ValueRange& range : channels(conv.output)) {
      const float half = (range.max - range.min) / 2;
      map.offset.push_back((range.max + range.min) / 2);
      map.factor.push_back(factor_or_one(1 / half));
    }
    apply_to_output(conv, map);
    for (Node* reader : readers) {
      const std::vector<int> read = sources(*reader);
      for (std::size_t i = 0; i < read.size(); ++i) {
        if (read[i] == conv.output)
          undo_on_input(reader->host, static_cast<int>(i), network_.shape(conv.output), map);
      }
    }
    set_range(conv.output, {-1, 1});
  }

  void ahead_of_convolution(Node& host, const std::vector<Node*>& readers) {
    const Shape& shape = network_.shape(host.output);
    const std::vector<ValueRange>& ranges = channels(host.output);
    const bool is_centred =
        std::none_of(readers.begin(), readers.end(), [](Node* n) { return pads(n->window); });
    const bool is_free =
        std::all_of(readers.begin(), readers.end(), [&](Node* n) { return is_depthwise(*n, shape); });
    ChannelMap map;
    float largest = 0;
    for (std::size_t c = 0; c < ranges.size(); ++c) {
      const ValueRange& range = ranges[c];
      map.offset.push_back(is_centred ? (range.max + range.min) / 2 : 0);
      const float size = std::max(std::abs(range.max - map.offset[c]), std::abs(range.min - map.offset[c]));
      const float factor = factor_or_one(is_free ? 1 / size : std::sqrt(largest_weight(readers, c) / size));
      map.factor.push_back(factor);
      largest = std::max(largest, size * factor);
    }
    apply_to_output(host.host, shape, map);
    for (Node* reader : readers) undo_on_input(*reader, map);
    set_range(host.output, {-largest, largest});
  }

  /// Of all weights that a channel meets.
  float largest_weight(const std::vector<Node*>& readers, std::size_t channel) const {
    float largest = 0;
    for (const Node* conv : readers) {
      const std::size_t inputs = network_.shape(conv->input).channels / conv->groups;
      const std::size_t area = conv->window.area(), outputs = conv->bias.size() / conv->groups;
      const std::size_t first = channel / inputs * outputs;
      for (std::size_t m = first; m < first + outputs; ++m) {
        const float* weights = &conv->weights[(m * inputs + channel % inputs) * area];
        for (std::size_t k = 0; k < area; ++k) largest = std::max(largest, std::abs(weights[k]));
      }
    }
    return largest;
  }

  void set_range(int tensor, const ValueRange& range) {
    calibration_.ranges[network_.tensors[tensor].name] = range;
  }

  Network& network_;
  Calibration& calibration_;
};

}  // namespace

Network equalize_channels(Network network, Calibration& calibration) {
  Equalizer(network, calibration).run();
  return network;
}

}  // namespace bitbalance::method
