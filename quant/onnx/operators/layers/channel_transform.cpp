#include "quant/onnx/operators/layers/channel_transform.h"

#include <cmath>

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// scale * channel `channel` of `image` + bias.
struct ScaledChannel {
  std::string image;
  std::int64_t channel = 0;
  double scale = 1, bias = 0;
};

/// Input `index`, if it is a constant of one element.
const OnnxValue* scalar_constant(const OnnxGraph& graph, const NodeProto& node, int index) {
  if (!OnnxGraph::has_input(node, index)) return nullptr;
  const OnnxValue* value = graph.find(node.input(index));
  return value == nullptr || value->tensor >= 0 || value->constant.size() != 1 ? nullptr : value;
}

bool adds_channel_axis(const OnnxGraph& graph, const NodeProto& unsqueeze, std::size_t rank) {
  std::vector<std::int64_t> axes = ints_attribute(unsqueeze, "axes", {});
  if (const OnnxValue* axis = scalar_constant(graph, unsqueeze, 1)) axes = {to_integer(axis->constant[0])};
  return axes.size() == 1 && is_channel_axis(axes[0], rank);
}

/// A whole dimension is picked where the index is a list of one.
bool picks_channel(const OnnxGraph& graph, const NodeProto& gather, std::size_t rank) {
  const OnnxValue* index = scalar_constant(graph, gather, 1);
  return is_channel_axis(int_attribute(gather, "axis", 0), rank) && index != nullptr && index->dims.empty();
}

std::optional<ScaledChannel> trace(const OnnxGraph& graph, std::string tensor, std::size_t rank) {
  ScaledChannel result;
  for (bool unsqueezed = false;;) {
    const NodeProto* node = graph.model().producer(tensor);
    if (node == nullptr || node->input_size() < 1) return {};
    const std::string& op = node->op_type();
    if ((op == "Add" || op == "Mul") && node->input_size() == 2 && !unsqueezed) {
      const int at = scalar_constant(graph, *node, 0) != nullptr ? 0 : 1;
      const OnnxValue* operand = scalar_constant(graph, *node, at);
      if (operand == nullptr || operand->dims.size() > rank) return {};
      if (op == "Add") result.bias += result.scale * operand->constant[0];
      if (op == "Mul") result.scale *= operand->constant[0];
      tensor = node->input(1 - at);
    } else if (op == "Unsqueeze" && !unsqueezed && adds_channel_axis(graph, *node, rank)) {
      unsqueezed = true;
      tensor = node->input(0);
    } else if (op == "Gather" && unsqueezed && picks_channel(graph, *node, rank)) {
      result.image = node->input(0);
      result.channel = to_integer(scalar_constant(graph, *node, 1)->constant[0]);
      return result;
    } else {
      return {};
    }
  }
}

/// All channels of one image in their order.
bool is_image(const OnnxGraph& graph, const std::string& tensor, std::size_t channels, std::size_t rank) {
  const OnnxValue* value = graph.find(tensor);
  return value != nullptr && value->tensor >= 0 && value->dims.size() == rank && value->dims[0] == 1 &&
         value->dims[1] == static_cast<std::int64_t>(channels);
}

}  // namespace

bool is_channel_axis(std::int64_t axis, std::size_t rank) {
  return axis == 1 || axis == 1 - static_cast<std::int64_t>(rank);
}

std::optional<ChannelTransform> find_channel_transform(const OnnxGraph& graph, const NodeProto& concat) {
  const std::size_t rank = graph.dims(concat, 0).size();
  if (rank < 3 || !is_channel_axis(int_attribute(concat, "axis", 1), rank)) return {};
  ChannelTransform transform;
  const std::int64_t count = concat.input_size();
  for (const std::string& input : concat.input()) {
    const std::optional<ScaledChannel> channel = trace(graph, input, rank);
    if (!channel) return {};
    const auto expected = static_cast<std::int64_t>(transform.scale.size());
    if (expected == 0) transform.image = channel->image;
    transform.scale.push_back(static_cast<float>(channel->scale));
    transform.bias.push_back(static_cast<float>(channel->bias));
    const bool follows = channel->channel == expected || channel->channel == expected - count;
    if (!follows || channel->image != transform.image || !std::isfinite(transform.scale.back()) ||
        !std::isfinite(transform.bias.back()))
      return {};
  }
  if (!is_image(graph, transform.image, transform.scale.size(), rank)) return {};
  return transform;
}

}  // namespace bitbalance::onnx_io
