#include "quant/onnx/rewrite.h"

#include <cmath>
#include <optional>

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// scale * channel `channel` of `image` + bias.
struct ScaledChannel {
  std::string image;
  std::int64_t channel = 0;
  double scale = 1, bias = 0;
};

class Finder {
 public:
  explicit Finder(const OnnxModel& model) : model_(model) {
    computed_.insert(model.input().name());
    for (const onnx::TensorProto& tensor : model.graph().initializer()) note_constant(tensor.name(), tensor);
    for (const NodeProto& node : model.graph().node()) {
      const bool folds = node.op_type() == "Shape" || node.op_type() == "Size";
      for (const std::string& input : node.input()) {
        if (!folds && computed_.count(input) != 0)
          computed_.insert(node.output().begin(), node.output().end());
      }
      const onnx::TensorProto* tensor = tensor_attribute(node, "value");
      if (node.op_type() == "Constant" && tensor != nullptr) {
        note_constant(node.output(0), *tensor);
      } else if (node.output_size() == 1) {
        producers_[node.output(0)] = &node;
      }
    }
  }

  ChannelTransforms find() {
    for (const NodeProto& node : model_.graph().node())
      if (node.op_type() == "Concat") look_at(node);
    return std::move(found_);
  }

 private:
  void note_constant(const std::string& name, const onnx::TensorProto& tensor) {
    const bool is_number =
        tensor.data_type() == onnx::TensorProto::FLOAT || tensor.data_type() == onnx::TensorProto::INT64;
    const bool is_single = tensor.dims_size() == 0 || (tensor.dims_size() == 1 && tensor.dims(0) == 1);
    if (is_number && is_single) constants_[name] = model_.constant(tensor).tensor;
  }

  /// Input `index`, if it is a single constant number.
  const HostTensor* number(const NodeProto& node, int index) const {
    if (index >= node.input_size()) return nullptr;
    const auto found = constants_.find(node.input(index));
    return found == constants_.end() ? nullptr : &found->second;
  }

  /// The node that computes `tensor` for one reader alone.
  const NodeProto* only_for_reader(const std::string& tensor) const {
    const auto found = producers_.find(tensor);
    return found == producers_.end() || model_.readers(tensor) != 1 ? nullptr : found->second;
  }

  static bool is_channel_axis(std::int64_t axis, std::size_t rank) {
    return axis == 1 || axis + static_cast<std::int64_t>(rank) == 1;
  }

  bool adds_channel_axis(const NodeProto& unsqueeze, std::size_t rank) const {
    std::vector<std::int64_t> axes = ints_attribute(unsqueeze, "axes", {});
    if (const HostTensor* axis = number(unsqueeze, 1)) axes = {std::llround(axis->values[0])};
    return axes.size() == 1 && is_channel_axis(axes[0], rank);
  }

  /// A whole dimension is picked where the index is a list of one.
  bool picks_channel(const NodeProto& gather, std::size_t rank) const {
    const HostTensor* index = number(gather, 1);
    return is_channel_axis(int_attribute(gather, "axis", 0), rank) && index != nullptr && index->dims.empty();
  }

  std::optional<ScaledChannel> trace(std::string tensor, std::size_t rank,
                                     std::vector<const NodeProto*>& passed) const {
    ScaledChannel result;
    for (bool unsqueezed = false;;) {
      const NodeProto* node = only_for_reader(tensor);
      if (node == nullptr || node->input_size() < 1) return {};
      passed.push_back(node);
      const std::string& op = node->op_type();
      if ((op == "Add" || op == "Mul") && node->input_size() == 2 && !unsqueezed) {
        const int at = number(*node, 0) != nullptr ? 0 : 1;
        const HostTensor* operand = number(*node, at);
        if (operand == nullptr) return {};
        if (op == "Add") result.bias += result.scale * operand->values[0];
        if (op == "Mul") result.scale *= operand->values[0];
        tensor = node->input(1 - at);
      } else if (op == "Unsqueeze" && !unsqueezed && adds_channel_axis(*node, rank)) {
        unsqueezed = true;
        tensor = node->input(0);
      } else if (op == "Gather" && unsqueezed && picks_channel(*node, rank)) {
        result.image = node->input(0);
        result.channel = std::llround(number(*node, 1)->values[0]);
        return result;
      } else {
        return {};
      }
    }
  }

  /// All channels of one image in their order.
  bool is_image(const std::string& tensor, std::size_t channels, std::size_t rank) const {
    const std::optional<Dims> extents = model_.extents(tensor);
    return computed_.count(tensor) != 0 && extents && extents->size() == rank && (*extents)[0] == 1 &&
           (*extents)[1] == static_cast<std::int64_t>(channels);
  }

  void look_at(const NodeProto& concat) {
    const std::optional<Dims> extents = model_.extents(concat.output(0));
    if (!extents || extents->size() < 3 ||
        !is_channel_axis(int_attribute(concat, "axis", 1), extents->size()))
      return;
    std::vector<const NodeProto*> passed;
    ChannelTransform transform;
    const std::int64_t count = concat.input_size();
    for (const std::string& input : concat.input()) {
      const std::optional<ScaledChannel> channel = trace(input, extents->size(), passed);
      if (!channel) return;
      const auto expected = static_cast<std::int64_t>(transform.scale.size());
      if (expected == 0) transform.image = channel->image;
      transform.scale.push_back(static_cast<float>(channel->scale));
      transform.bias.push_back(static_cast<float>(channel->bias));
      const bool follows = channel->channel == expected || channel->channel == expected - count;
      if (!follows || channel->image != transform.image || !std::isfinite(transform.scale.back()) ||
          !std::isfinite(transform.bias.back()))
        return;
    }
    if (!is_image(transform.image, transform.scale.size(), extents->size())) return;
    found_.merged.insert(passed.begin(), passed.end());
    found_.concats[&concat] = std::move(transform);
  }

  const OnnxModel& model_;
  std::set<std::string> computed_;               ///< depend on the input's elements
  std::map<std::string, HostTensor> constants_;  ///< of one element
  std::map<std::string, const NodeProto*> producers_;
  ChannelTransforms found_;
};

}  // namespace

ChannelTransforms find_channel_transforms(const OnnxModel& model) {
  return Finder(model).find();
}

}  // namespace bitbalance::onnx_io
