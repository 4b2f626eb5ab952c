#include "quant/onnx_rewrite.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace bitbalance {
namespace {

using onnx::NodeProto;

/// scale * channel `channel` of `image` + bias.
struct ScaledChannel {
  std::string image;
  std::int64_t channel = 0;
  double scale = 1, bias = 0;
};

class ChannelTransforms {
 public:
  using Value = std::function<OnnxConstant(const onnx::TensorProto&)>;

  ChannelTransforms(onnx::GraphProto& graph, const Value& value) : graph_(graph) {
    for (const onnx::TensorProto& tensor : graph.initializer()) {
      if (is_single(tensor)) constants_[tensor.name()] = value(tensor);
    }
    for (const NodeProto& node : graph.node()) {
      for (const std::string& input : node.input()) ++uses_[input];
      if (node.op_type() == "Constant") {
        const onnx::TensorProto* tensor = tensor_attribute(node, "value");
        if (tensor != nullptr && is_single(*tensor)) constants_[node.output(0)] = value(*tensor);
      } else if (node.output_size() == 1) {
        producers_[node.output(0)] = &node;
      }
    }
    for (const onnx::ValueInfoProto& output : graph.output()) ++uses_[output.name()];
  }

  void merge() {
    google::protobuf::RepeatedPtrField<NodeProto> kept;
    for (NodeProto& node : *graph_.mutable_node()) {
      if (node.op_type() == "Concat" && int_attribute(node, "axis", 0) == 1) replace(node);
    }
    for (const NodeProto& node : graph_.node()) {
      if (merged_.count(&node) == 0) *kept.Add() = node;
    }
    graph_.mutable_node()->Swap(&kept);
  }

 private:
  static bool is_single(const onnx::TensorProto& tensor) {
    using onnx::TensorProto;
    return (tensor.data_type() == TensorProto::FLOAT || tensor.data_type() == TensorProto::INT64) &&
           (tensor.dims_size() == 0 || (tensor.dims_size() == 1 && tensor.dims(0) == 1));
  }

  /// The value of input `index`, if it is a single constant number.
  std::optional<double> number(const NodeProto& node, int index) const {
    if (index >= node.input_size()) return {};
    const auto found = constants_.find(node.input(index));
    if (found == constants_.end()) return {};
    const std::vector<float>& values = found->second.tensor.values;
    return values.empty() ? std::optional<double>() : values[0];
  }

  /// The node that computes `tensor` for one reader alone.
  const NodeProto* only_for_reader(const std::string& tensor) const {
    const auto found = producers_.find(tensor);
    return found == producers_.end() || uses_.at(tensor) != 1 ? nullptr : found->second;
  }

  std::optional<ScaledChannel> trace(std::string tensor, std::vector<const NodeProto*>& passed) const {
    ScaledChannel result;
    for (bool unsqueezed = false;;) {
      const NodeProto* node = only_for_reader(tensor);
      if (node == nullptr || node->input_size() < 1) return {};
      passed.push_back(node);
      const std::string& op = node->op_type();
      if ((op == "Add" || op == "Mul") && node->input_size() == 2 && !unsqueezed) {
        const int at = number(*node, 0) ? 0 : 1;
        const std::optional<double> operand = number(*node, at);
        if (!operand) return {};
        if (op == "Add") result.bias += result.scale * *operand;
        if (op == "Mul") result.scale *= *operand;
        tensor = node->input(1 - at);
      } else if (op == "Unsqueeze" && !unsqueezed && is_channel_axis(*node)) {
        unsqueezed = true;
        tensor = node->input(0);
      } else if (op == "Gather" && unsqueezed && int_attribute(*node, "axis", 0) == 1 && number(*node, 1)) {
        result.image = node->input(0);
        result.channel = static_cast<std::int64_t>(*number(*node, 1));
        return result;
      } else {
        return {};
      }
    }
  }

  bool is_channel_axis(const NodeProto& unsqueeze) const {
    if (unsqueeze.input_size() > 1) return number(unsqueeze, 1) == 1.0;
    return ints_attribute(unsqueeze, "axes", {}) == std::vector<std::int64_t>{1};
  }

  void replace(NodeProto& concat) {
    std::vector<const NodeProto*> passed;
    std::vector<ScaledChannel> channels;
    for (const std::string& input : concat.input()) {
      const std::optional<ScaledChannel> channel = trace(input, passed);
      if (!channel || channel->channel != static_cast<std::int64_t>(channels.size()) ||
          (!channels.empty() && channel->image != channels[0].image)) {
        return;
      }
      channels.push_back(*channel);
    }
    merged_.insert(passed.begin(), passed.end());
    const std::string stem = concat.output(0) + "/transform_";
    NodeProto norm;
    norm.set_name(concat.name());
    norm.set_op_type("BatchNormalization");
    norm.add_input(channels[0].image);
    const auto add_input = [&](const char* what, const auto& element) {
      onnx::TensorProto& tensor = *graph_.add_initializer();
      tensor.set_name(stem + what);
      tensor.set_data_type(onnx::TensorProto::FLOAT);
      tensor.add_dims(static_cast<std::int64_t>(channels.size()));
      for (const ScaledChannel& channel : channels)
        tensor.add_float_data(static_cast<float>(element(channel)));
      norm.add_input(tensor.name());
    };
    add_input("scale", [](const ScaledChannel& c) { return c.scale; });
    add_input("bias", [](const ScaledChannel& c) { return c.bias; });
    add_input("mean", [](const ScaledChannel&) { return 0.0; });
    add_input("variance", [](const ScaledChannel&) { return 1.0; });
    onnx::AttributeProto& epsilon = *norm.add_attribute();
    epsilon.set_name("epsilon");
    epsilon.set_type(onnx::AttributeProto::FLOAT);
    epsilon.set_f(0.0F);
    norm.add_output(concat.output(0));
    concat = norm;
  }

  onnx::GraphProto& graph_;
  std::map<std::string, OnnxConstant> constants_;  ///< of one element
  std::map<std::string, const NodeProto*> producers_;
  std::map<std::string, int> uses_;
  std::set<const NodeProto*> merged_;
};

}  // namespace

void merge_channel_transforms(onnx::GraphProto& graph,
                              const std::function<OnnxConstant(const onnx::TensorProto&)>& value) {
  ChannelTransforms(graph, value).merge();
}

}  // namespace bitbalance
