#include "quant/onnx_import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "quant/onnx_model.h"
#include "quant/onnx_window.h"

namespace bitbalance {
namespace {

using onnx::NodeProto;

class Importer {
 public:
  static std::set<std::string> accepted_ops() {
    std::set<std::string> names;
    for (const auto& [name, handler] : handlers()) names.insert(name);
    return names;
  }

  explicit Importer(const std::filesystem::path& file) : model_(file, accepted_ops()) {
    network_.name = file.stem().string();
  }

  Network run() {
    for (const onnx::TensorProto& tensor : model_.graph().initializer())
      constants_[tensor.name()] = model_.constant(tensor);
    network_.input = new_tensor(model_.input().name(), shape_of(model_.dims(model_.input().name())));
    for (const NodeProto& node : model_.graph().node()) {
      for (int i = 1; i < node.output_size(); ++i) {
        if (model_.is_read(node.output(i)))
          model_.fail(node, fmt::format("output '{}' is used; accepted: the first", node.output(i)));
      }
      (this->*handlers().at(node.op_type()))(node);
    }
    if (network_.nodes.empty()) model_.fail("holds no layer; accepted: at least one");
    const std::string& output = model_.graph().output(0).name();
    const auto found = tensors_.find(output);
    if (found == tensors_.end()) model_.fail(fmt::format("output '{}' does not depend on the input", output));
    network_.output = found->second;
    return std::move(network_);
  }

 private:
  using Handler = void (Importer::*)(const NodeProto&);

  static const std::map<std::string, Handler>& handlers() {
    static const std::map<std::string, Handler> table = {
        {"Add", &Importer::add},
        {"AveragePool", &Importer::average_pool},
        {"BatchNormalization", &Importer::batch_normalization},
        {"Clip", &Importer::clip},
        {"Concat", &Importer::concat},
        {"Constant", &Importer::constant},
        {"Conv", &Importer::conv},
        {"Dropout", &Importer::dropout},
        {"Flatten", &Importer::flatten},
        {"Gemm", &Importer::gemm},
        {"GlobalAveragePool", &Importer::global_average_pool},
        {"Identity", &Importer::identity},
        {"LRN", &Importer::lrn},
        {"MatMul", &Importer::matmul},
        {"MaxPool", &Importer::max_pool},
        {"Relu", &Importer::relu},
        {"Reshape", &Importer::reshape},
        {"Softmax", &Importer::softmax},
    };
    return table;
  }

  static Shape shape_of(const std::vector<std::int64_t>& dims) {
    Shape shape;
    shape.channels = static_cast<int>(dims[1]);
    if (dims.size() == 4) {
      shape.height = static_cast<int>(dims[2]);
      shape.width = static_cast<int>(dims[3]);
    }
    return shape;
  }

  int new_tensor(const std::string& name, const Shape& shape) {
    network_.tensors.push_back({name, shape});
    return tensors_[name] = static_cast<int>(network_.tensors.size()) - 1;
  }

  // Layers are named after their nodes; of PyTorch's "/scope/Operator" the scope. Made unique where the file
  // does not.
  std::string layer_name(const NodeProto& node) {
    std::string name = node.name().empty() ? node.output(0) : node.name();
    const std::string suffix = "/" + node.op_type();
    if (name.size() > suffix.size() + 1 && name.front() == '/' &&
        name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0) {
      name = name.substr(1, name.size() - suffix.size() - 1);
    }
    std::string unique = name;
    for (int i = 2; !names_.insert(unique).second; ++i) unique = fmt::format("{}_{}", name, i);
    return unique;
  }

  // A layer of the network that reads the node's first input and writes its first output.
  Node& new_node(const NodeProto& source, Op op, const Shape& output) {
    Node node;
    node.name = layer_name(source);
    node.op = op;
    node.input = activation(source, 0);
    node.output = new_tensor(source.output(0), output);
    return network_.nodes.emplace_back(std::move(node));
  }

  static bool has_input(const NodeProto& node, int index) {
    return index < node.input_size() && !node.input(index).empty();
  }
  bool is_constant(const NodeProto& node, int index) const {
    return constants_.count(node.input(index)) != 0;
  }

  int activation(const NodeProto& node, int index) const {
    const auto found = tensors_.find(node.input(index));
    if (found == tensors_.end()) {
      model_.fail(node, fmt::format("input '{}' is a constant; accepted: a result of the network",
                                    node.input(index)));
    }
    return found->second;
  }

  const std::vector<std::int64_t>& input_dims(const NodeProto& node) const {
    activation(node, 0);
    return model_.dims(node.input(0));
  }

  Shape image_shape(const NodeProto& node) const {
    const std::vector<std::int64_t>& dims = input_dims(node);
    if (dims.size() != 4) {
      model_.fail(node, fmt::format("input shape is [{}]; accepted: 1 x channels x height x width",
                                    fmt::join(dims, ", ")));
    }
    return shape_of(dims);
  }

  const OnnxConstant& floats(const NodeProto& node, int index) const {
    const auto found = constants_.find(node.input(index));
    if (found == constants_.end())
      model_.fail(node, fmt::format("input '{}' is computed; accepted: a constant", node.input(index)));
    const OnnxConstant& constant = found->second;
    if (constant.floats.empty())
      model_.fail(node, fmt::format("input '{}' is not FLOAT; accepted: FLOAT", node.input(index)));
    const auto bad = std::find_if_not(constant.floats.begin(), constant.floats.end(),
                                      [](float value) { return std::isfinite(value); });
    if (bad != constant.floats.end()) {
      model_.fail(node, fmt::format("input '{}': element {} is {}; accepted: finite values",
                                    node.input(index), bad - constant.floats.begin(), *bad));
    }
    return constant;
  }

  std::vector<float> per_channel(const NodeProto& node, int index, int channels) const {
    const std::vector<float>& values = floats(node, index).floats;
    if (values.size() != static_cast<std::size_t>(channels)) {
      model_.fail(node, fmt::format("input '{}' has {} elements; accepted: {}, one a channel",
                                    node.input(index), values.size(), channels));
    }
    return values;
  }

  void constant(const NodeProto& node) {
    const onnx::TensorProto* value = tensor_attribute(node, "value");
    if (value == nullptr) model_.fail(node, "has no attribute 'value'; accepted: a tensor in 'value'");
    constants_[node.output(0)] = model_.constant(*value);
  }

  void conv(const NodeProto& node) {
    const Shape in = image_shape(node);
    const OnnxConstant& weights = floats(node, 1);
    const std::int64_t groups = int_attribute(node, "group", 1);
    if (weights.dims.size() != 4 || groups < 1 || weights.dims[1] * groups != in.channels ||
        weights.dims[0] % groups != 0) {
      model_.fail(node, fmt::format("weights [{}] in {} groups over {} input channels do not fit",
                                    fmt::join(weights.dims, ", "), groups, in.channels));
    }
    const std::vector<std::int64_t> kernel = {weights.dims[2], weights.dims[3]};
    if (ints_attribute(node, "kernel_shape", kernel) != kernel)
      model_.fail(node, fmt::format("kernel_shape differs from the weights' {}x{}", kernel[0], kernel[1]));
    const Window window = read_window(model_, node, kernel, in);
    Node& layer =
        new_node(node, Op::kConv, checked_output(node, window, in, static_cast<int>(weights.dims[0])));
    layer.window = window;
    layer.groups = static_cast<int>(groups);
    layer.weights = weights.floats;
    layer.bias.assign(weights.dims[0], 0.0F);
    if (has_input(node, 2)) layer.bias = per_channel(node, 2, static_cast<int>(weights.dims[0]));
  }

  // Our output extents against those of the official shape inference.
  Shape checked_output(const NodeProto& node, const Window& window, const Shape& in, int channels) const {
    const Shape out = window.output_shape(in, channels);
    const Shape inferred = shape_of(model_.dims(node.output(0)));
    if (out != inferred) {
      model_.fail(node,
                  fmt::format("output is {}x{}x{}, but ONNX shape inference says {}x{}x{}", out.channels,
                              out.height, out.width, inferred.channels, inferred.height, inferred.width));
    }
    return out;
  }

  // weights [out][in] with the inputs in planar order, whatever shape the flattened tensor has.
  void fully_connected(const NodeProto& node, std::vector<float> weights, std::vector<float> bias) {
    const Shape in = network_.shape(activation(node, 0));
    Node& layer = new_node(node, Op::kConv, {static_cast<int>(bias.size()), 1, 1});
    layer.window.kernel_h = in.height;
    layer.window.kernel_w = in.width;
    layer.weights = std::move(weights);
    layer.bias = std::move(bias);
  }

  // The constant right operand [in][out] (or transposed) of a product as [out][in], times a factor.
  std::vector<float> product_weights(const NodeProto& node, bool is_transposed, float factor) const {
    const std::vector<std::int64_t>& in = input_dims(node);
    const OnnxConstant& right = floats(node, 1);
    if (in.size() != 2 || right.dims.size() != 2 || right.dims[is_transposed ? 1 : 0] != in[1]) {
      model_.fail(
          node,
          fmt::format("product of [{}] and [{}]; accepted: 1 x features times a matrix of as many features",
                      fmt::join(in, ", "), fmt::join(right.dims, ", ")));
    }
    const std::int64_t inputs = in[1];
    const std::int64_t outputs = right.dims[is_transposed ? 0 : 1];
    std::vector<float> weights(inputs * outputs);
    for (std::int64_t m = 0; m < outputs; ++m) {
      for (std::int64_t k = 0; k < inputs; ++k)
        weights[m * inputs + k] = factor * right.floats[is_transposed ? m * inputs + k : k * outputs + m];
    }
    return weights;
  }

  void gemm(const NodeProto& node) {
    if (int_attribute(node, "transA", 0) != 0) model_.fail(node, "transA is 1; accepted: 0");
    const bool is_transposed = int_attribute(node, "transB", 0) != 0;
    std::vector<float> weights = product_weights(node, is_transposed, float_attribute(node, "alpha", 1.0F));
    const std::int64_t outputs = floats(node, 1).dims[is_transposed ? 0 : 1];
    std::vector<float> bias(outputs, 0.0F);
    if (has_input(node, 2)) {
      const OnnxConstant& addend = floats(node, 2);
      if (addend.floats.size() != 1 &&
          (static_cast<std::int64_t>(addend.floats.size()) != outputs || addend.dims.back() != outputs)) {
        model_.fail(node, fmt::format("bias shape is [{}]; accepted: one value or {}",
                                      fmt::join(addend.dims, ", "), outputs));
      }
      const float beta = float_attribute(node, "beta", 1.0F);
      for (std::int64_t m = 0; m < outputs; ++m)
        bias[m] = beta * addend.floats[addend.floats.size() == 1 ? 0 : m];
    }
    fully_connected(node, std::move(weights), std::move(bias));
  }

  void matmul(const NodeProto& node) {
    std::vector<float> weights = product_weights(node, false, 1.0F);
    fully_connected(node, std::move(weights), std::vector<float>(floats(node, 1).dims[1], 0.0F));
  }

  // Scale and bias per channel; a flattened image has one channel too few.
  Node& new_affine(const NodeProto& node, int activation_index) {
    const int input = activation(node, activation_index);
    const Shape shape = network_.shape(input);
    if (model_.dims(node.input(activation_index))[1] != shape.channels) {
      model_.fail(node,
                  "constants per element of a flattened image; accepted: one a channel, ahead of flattening");
    }
    Node affine;
    affine.name = layer_name(node);
    affine.op = Op::kAffine;
    affine.input = input;
    affine.output = new_tensor(node.output(0), shape);
    return network_.nodes.emplace_back(std::move(affine));
  }

  void batch_normalization(const NodeProto& node) {
    if (int_attribute(node, "training_mode", 0) != 0) model_.fail(node, "training_mode is 1; accepted: 0");
    const float epsilon = float_attribute(node, "epsilon", 1e-5F);
    Node& affine = new_affine(node, 0);
    const int channels = network_.shape(affine.output).channels;
    const std::vector<float> gamma = per_channel(node, 1, channels);
    const std::vector<float> beta = per_channel(node, 2, channels);
    const std::vector<float> mean = per_channel(node, 3, channels);
    const std::vector<float> variance = per_channel(node, 4, channels);
    for (int c = 0; c < channels; ++c) {
      const double spread = static_cast<double>(variance[c]) + epsilon;
      if (!(spread > 0)) {
        model_.fail(node,
                    fmt::format("variance {} of channel {} plus epsilon; accepted: above 0", variance[c], c));
      }
      const double scale = gamma[c] / std::sqrt(spread);
      affine.scale.push_back(static_cast<float>(scale));
      affine.bias.push_back(static_cast<float>(beta[c] - mean[c] * scale));
    }
  }

  void add(const NodeProto& node) {
    const int constants = (is_constant(node, 0) ? 1 : 0) + (is_constant(node, 1) ? 1 : 0);
    if (constants == 1) {
      add_constant(node, is_constant(node, 0) ? 0 : 1);
      return;
    }
    const int operand = activation(node, 1);
    const std::vector<std::int64_t>& left = input_dims(node);
    const std::vector<std::int64_t>& right = model_.dims(node.input(1));
    const Shape shape = network_.shape(activation(node, 0));
    if (left != right || shape != network_.shape(operand)) {
      model_.fail(node, fmt::format("sum of [{}] and [{}]; accepted: equal shapes, without broadcasting",
                                    fmt::join(left, ", "), fmt::join(right, ", ")));
    }
    new_node(node, Op::kAdd, shape).operand = operand;
  }

  void add_constant(const NodeProto& node, int index) {
    const OnnxConstant& addend = floats(node, index);
    const std::vector<std::int64_t>& dims = model_.dims(node.output(0));
    Node& affine = new_affine(node, 1 - index);
    const int channels = network_.shape(affine.output).channels;
    affine.scale.assign(channels, 1.0F);
    affine.bias.assign(channels, addend.floats[0]);
    if (addend.floats.size() != 1) {
      // The channel is dimension 1 of the sum; constants are aligned to its last one.
      std::vector<std::int64_t> channel_only(dims.size(), 1);
      channel_only[1] = channels;
      std::vector<std::int64_t> aligned(dims.size() - std::min(dims.size(), addend.dims.size()), 1);
      aligned.insert(aligned.end(), addend.dims.begin(), addend.dims.end());
      if (aligned != channel_only) {
        model_.fail(node, fmt::format("constant of shape [{}]; accepted: one value, or one a channel: [{}]",
                                      fmt::join(addend.dims, ", "), fmt::join(channel_only, ", ")));
      }
      affine.bias = addend.floats;
    }
  }

  // From the first dimension: 1 for the channels.
  std::int64_t read_axis(const NodeProto& node, std::int64_t fallback) const {
    const std::int64_t axis = int_attribute(node, "axis", fallback);
    return axis < 0 ? axis + static_cast<std::int64_t>(input_dims(node).size()) : axis;
  }

  void concat(const NodeProto& node) {
    const std::int64_t axis = read_axis(node, 1);
    if (axis != 1) model_.fail(node, fmt::format("axis is {}; accepted: 1, the channels", axis));
    Shape shape = network_.shape(activation(node, 0));
    shape.channels = 0;
    std::vector<int> parts;
    for (int i = 0; i < node.input_size(); ++i) {
      const Shape& part = network_.shape(parts.emplace_back(activation(node, i)));
      if (part.height != shape.height || part.width != shape.width) {
        model_.fail(node, fmt::format("images of {}x{} and {}x{} (as they were before flattening); accepted: "
                                      "equal heights and widths",
                                      shape.height, shape.width, part.height, part.width));
      }
      shape.channels += part.channels;
    }
    new_node(node, Op::kConcat, shape).others.assign(parts.begin() + 1, parts.end());
  }

  void lrn(const NodeProto& node) {
    const Shape shape = image_shape(node);
    Lrn lrn;
    const std::int64_t size = int_attribute(node, "size", 0);
    lrn.alpha = float_attribute(node, "alpha", lrn.alpha);
    lrn.beta = float_attribute(node, "beta", lrn.beta);
    lrn.k = float_attribute(node, "bias", lrn.k);
    if (size < 1 || size > std::numeric_limits<std::int16_t>::max())
      model_.fail(node, fmt::format("size is {}; accepted: 1 to 32767", size));
    if (!(lrn.k > 0) || !(lrn.alpha >= 0) || !std::isfinite(lrn.k + lrn.alpha + lrn.beta)) {
      model_.fail(node,
                  fmt::format("alpha {}, beta {}, bias {}; accepted: bias above 0, alpha from 0, finite",
                              lrn.alpha, lrn.beta, lrn.k));
    }
    lrn.size = static_cast<int>(size);
    new_node(node, Op::kLrn, shape).lrn = lrn;
  }

  // Before operator set 13 all dimensions from the axis on are one.
  void softmax(const NodeProto& node) {
    constexpr std::int64_t kOneAxis = 13;
    const bool one_axis = model_.opset() >= kOneAxis;
    const std::int64_t axis = read_axis(node, one_axis ? -1 : 1);
    const std::vector<std::int64_t>& dims = input_dims(node);
    const Shape shape = network_.shape(activation(node, 0));
    std::int64_t covered = 1;
    for (std::size_t d = axis; d < (one_axis ? axis + 1 : dims.size()); ++d) covered *= dims[d];
    if (axis < 1 || covered != shape.elements()) {
      model_.fail(node, fmt::format("over {} of the {} elements of an image (axis {}); accepted: all",
                                    covered, shape.elements(), axis));
    }
    new_node(node, Op::kSoftmax, shape);
  }

  void new_clip(const NodeProto& node, float low, float high) {
    Node& layer = new_node(node, Op::kClip, network_.shape(activation(node, 0)));
    layer.low = low;
    layer.high = high;
  }

  void relu(const NodeProto& node) { new_clip(node, 0.0F, Node().high); }

  void clip(const NodeProto& node) {
    constexpr std::int64_t kBoundsAreInputs = 11;
    Node bounds;
    if (model_.opset() < kBoundsAreInputs) {
      bounds.low = float_attribute(node, "min", bounds.low);
      bounds.high = float_attribute(node, "max", bounds.high);
    } else {
      if (has_input(node, 1)) bounds.low = per_channel(node, 1, 1)[0];
      if (has_input(node, 2)) bounds.high = per_channel(node, 2, 1)[0];
    }
    if (!(bounds.low <= bounds.high)) {
      model_.fail(node,
                  fmt::format("clips to {} .. {}; accepted: min not above max", bounds.low, bounds.high));
    }
    new_clip(node, bounds.low, bounds.high);
  }

  Node& new_pool(const NodeProto& node, Op op) {
    const Shape in = image_shape(node);
    const Window window = read_pool_window(model_, node, in);
    Node& layer = new_node(node, op, checked_output(node, window, in, in.channels));
    layer.window = window;
    return layer;
  }

  void max_pool(const NodeProto& node) { new_pool(node, Op::kMaxPool); }

  void average_pool(const NodeProto& node) {
    new_pool(node, Op::kAvgPool).count_include_pad = int_attribute(node, "count_include_pad", 0) != 0;
  }

  void global_average_pool(const NodeProto& node) {
    const Shape in = image_shape(node);
    Node& layer = new_node(node, Op::kAvgPool, {in.channels, 1, 1});
    layer.window.kernel_h = in.height;
    layer.window.kernel_w = in.width;
  }

  // The result is the input under another name.
  void pass(const NodeProto& node) { tensors_[node.output(0)] = activation(node, 0); }

  void identity(const NodeProto& node) {
    if (is_constant(node, 0)) {
      constants_[node.output(0)] = constants_.at(node.input(0));
    } else {
      pass(node);
    }
  }

  void dropout(const NodeProto& node) { pass(node); }

  void flatten(const NodeProto& node) { pass_flattened(node); }

  void reshape(const NodeProto& node) {
    if (!is_constant(node, 0)) {
      pass_flattened(node);
      return;
    }
    OnnxConstant constant = constants_.at(node.input(0));
    constant.dims = model_.dims(node.output(0));
    constants_[node.output(0)] = std::move(constant);
  }

  void pass_flattened(const NodeProto& node) {
    const std::vector<std::int64_t>& out = model_.dims(node.output(0));
    const std::vector<std::int64_t> flat = {1, network_.shape(activation(node, 0)).elements()};
    if (out != flat && out != input_dims(node)) {
      model_.fail(node, fmt::format("result is [{}]; accepted: batch x features, here [{}]",
                                    fmt::join(out, ", "), fmt::join(flat, ", ")));
    }
    pass(node);
  }

  OnnxModel model_;
  Network network_;
  std::map<std::string, int>
      tensors_;  ///< ONNX name -> tensor of the network; several for one after flattening
  std::map<std::string, OnnxConstant> constants_;
  std::set<std::string> names_;
};

}  // namespace

std::set<std::string> onnx_operators() {
  return Importer::accepted_ops();
}

Network import_onnx(const std::filesystem::path& file) {
  return Importer(file).run();
}

}  // namespace bitbalance
