#include "quant/onnx_export.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <set>
#include <stdexcept>
#include <vector>

namespace bitbalance {
namespace {

using Ints = std::vector<std::int64_t>;

bool is_point(const Shape& shape) {
  return shape.height == 1 && shape.width == 1;
}

// A tensor of the network is an image (batch x channels x height x width) or flat (batch x features).
class Exporter {
 public:
  explicit Exporter(const Network& network)
      : network_(network),
        needs_image_(network.tensors.size(), false),
        is_flat_(network.tensors.size(), false) {}

  std::string run() {
    constexpr std::int64_t kOpset = 13;
    constexpr std::int64_t kIrVersion = 7;
    model_.set_ir_version(kIrVersion);
    model_.add_opset_import()->set_version(kOpset);
    model_.set_producer_name("bitbalance");
    graph().set_name(network_.name);
    for (const Tensor& tensor : network_.tensors) names_.insert(tensor.name);

    find_images();
    is_flat_[network_.input] = is_point(network_.shape(network_.input)) && !needs_image_[network_.input];
    declare(*graph().add_input(), network_.input);
    for (const Node& node : network_.nodes) add(node);
    declare(*graph().add_output(), network_.output);
    return bytes();
  }

 private:
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  [[noreturn]] void fail(const Node& node, const std::string& problem) const {
    throw std::invalid_argument(fmt::format("network {}: node '{}': {}", network_.name, node.name, problem));
  }

  bool covers_image(const Node& node) const {
    const Window& w = node.window;
    const Shape& in = network_.shape(node.input);
    return node.op == Op::kConv && node.groups == 1 && w.kernel_h == in.height && w.kernel_w == in.width &&
           std::max({w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}) == 0 &&
           (is_point(in) || std::max(w.dilation_h, w.dilation_w) == 1);
  }
  bool is_gemm(const Node& node) const { return covers_image(node) && !needs_image_[node.output]; }

  // Over all elements of an image.
  static bool is_softmax(const Node& node) {
    if (node.op != Op::kHost || node.host.title != "softmax") return false;
    constexpr std::int64_t kOneAxis = 13;  // before, all dimensions from the axis on were one
    const HostOperator& op = node.host.steps.front();
    const Dims& dims = node.host.inputs.front();
    const bool one_axis = op.opset >= kOneAxis;
    const std::size_t axis = normal_axis(op.attributes.integer("axis", one_axis ? -1 : 1), dims.size());
    return (one_axis ? dims[axis] : element_count(dims, axis)) == element_count(dims);
  }

  bool reads_image(const Node& node) const {
    switch (node.op) {
      case Op::kConv:
        return !is_gemm(node);
      case Op::kMaxPool:
      case Op::kAvgPool:
        return true;
      case Op::kHost:
        return !is_softmax(node) || needs_image_[node.output];
      case Op::kAffine:  // one constant a channel
        return needs_image_[node.output] || !is_point(network_.shape(node.input));
      case Op::kClip:
      case Op::kAdd:
      case Op::kConcat:
        return needs_image_[node.output];
    }
    return true;
  }

  void find_images() {
    for (auto node = network_.nodes.rbegin(); node != network_.nodes.rend(); ++node) {
      if (!reads_image(*node)) continue;
      for (const int tensor : sources(*node)) needs_image_[tensor] = true;
    }
  }

  void declare(onnx::ValueInfoProto& value, int tensor) const {
    value.set_name(network_.tensors[tensor].name);
    onnx::TypeProto_Tensor& type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    onnx::TensorShapeProto& dims = *type.mutable_shape();
    dims.add_dim()->set_dim_param("batch");
    const Shape& shape = network_.shape(tensor);
    if (is_flat_[tensor]) {
      dims.add_dim()->set_dim_value(shape.elements());
    } else {
      for (const int extent : {shape.channels, shape.height, shape.width})
        dims.add_dim()->set_dim_value(extent);
    }
  }

  std::string unique(std::string name) {
    while (!names_.insert(name).second) name += '_';
    return name;
  }

  std::string constant(const std::string& name, const Ints& dims, const std::vector<float>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(unique(name));
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : dims) tensor.add_dims(dim);
    std::string raw(values.size() * sizeof(float), '\0');  // little-endian, as x86-64 and ONNX have it
    std::memcpy(raw.data(), values.data(), raw.size());
    tensor.set_raw_data(std::move(raw));
    return tensor.name();
  }

  onnx::NodeProto& new_node(const char* op, const std::string& name, const std::vector<std::string>& inputs,
                            const std::string& output) {
    onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(op);
    node.set_name(name);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  static onnx::AttributeProto& new_attribute(onnx::NodeProto& node, const char* name,
                                             onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
  }
  static void set(onnx::NodeProto& node, const char* name, std::int64_t value) {
    new_attribute(node, name, onnx::AttributeProto::INT).set_i(value);
  }
  static void set(onnx::NodeProto& node, const char* name, float value) {
    new_attribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
  }
  static void set(onnx::NodeProto& node, const char* name, const Ints& values) {
    onnx::AttributeProto& attribute = new_attribute(node, name, onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
  }
  static void set_window(onnx::NodeProto& node, const Window& w) {
    set(node, "kernel_shape", Ints{w.kernel_h, w.kernel_w});
    set(node, "strides", Ints{w.stride_h, w.stride_w});
    set(node, "pads", Ints{w.pad_top, w.pad_left, w.pad_bottom, w.pad_right});
  }

  const std::string& name_of(int tensor) const { return network_.tensors[tensor].name; }

  // The name of a tensor in its flat form; a Flatten makes it where there is none.
  std::string flat(int tensor) {
    if (is_flat_[tensor]) return name_of(tensor);
    std::string name = unique(name_of(tensor) + "_flat");
    set(new_node("Flatten", name, {name_of(tensor)}, name), "axis", std::int64_t{1});
    return name;
  }

  void add(const Node& node) {
    const bool any_flat = [&] {
      const std::vector<int> read = sources(node);
      return std::any_of(read.begin(), read.end(), [&](int tensor) { return is_flat_[tensor]; });
    }();
    const bool flattens = is_gemm(node) || (is_softmax(node) && !needs_image_[node.output]);
    is_flat_[node.output] = any_flat || flattens;
    std::vector<std::string> inputs;
    for (const int tensor : sources(node))
      inputs.push_back(is_flat_[node.output] ? flat(tensor) : name_of(tensor));
    const std::string& output = name_of(node.output);

    switch (node.op) {
      case Op::kConv:
        add_conv(node, inputs, output);
        break;
      case Op::kAffine:
        add_affine(node, inputs, output);
        break;
      case Op::kClip:
        add_clip(node, inputs, output);
        break;
      case Op::kMaxPool:
        set_window(new_node("MaxPool", node.name, inputs, output), node.window);
        break;
      case Op::kAvgPool: {
        onnx::NodeProto& pool = new_node("AveragePool", node.name, inputs, output);
        set_window(pool, node.window);
        set(pool, "count_include_pad", std::int64_t{node.count_include_pad ? 1 : 0});
        break;
      }
      case Op::kAdd:
        new_node("Add", node.name, inputs, output);
        break;
      case Op::kConcat:
        set(new_node("Concat", node.name, inputs, output), "axis", std::int64_t{1});
        break;
      case Op::kHost:
        add_host(node, inputs, output);
        break;
    }
  }

  void add_host(const Node& node, const std::vector<std::string>& inputs, const std::string& output) {
    const HostAttributes& attributes = node.host.steps.front().attributes;
    if (node.host.title == "lrn") {
      onnx::NodeProto& lrn = new_node("LRN", node.name, inputs, output);
      set(lrn, "size", attributes.integer("size", 1));
      for (const auto& [name, values] : attributes.numbers) set(lrn, name.c_str(), values.front());
    } else if (is_softmax(node)) {
      if (!is_flat_[node.output] && !is_point(network_.shape(node.input)))
        fail(node, "softmax over a whole image that is read as one again; accepted: behind flattening");
      set(new_node("Softmax", node.name, inputs, output), "axis", std::int64_t{1});
    } else {
      fail(node, fmt::format("'{}' runs on the host; accepted of such: LRN and Softmax of an image",
                             node.host.steps.front().type));
    }
  }

  void add_conv(const Node& node, std::vector<std::string> inputs, const std::string& output) {
    const auto filters = static_cast<std::int64_t>(node.bias.size());
    const std::int64_t inputs_of_filter = network_.shape(node.input).channels / node.groups;
    const bool gemm = is_gemm(node);
    const Ints dims = gemm ? Ints{filters, inputs_of_filter * node.window.area()}
                           : Ints{filters, inputs_of_filter, node.window.kernel_h, node.window.kernel_w};
    inputs.push_back(constant(node.name + ".weight", dims, node.weights));
    inputs.push_back(constant(node.name + ".bias", {filters}, node.bias));
    onnx::NodeProto& conv = new_node(gemm ? "Gemm" : "Conv", node.name, inputs, output);
    if (gemm) {
      set(conv, "transB", std::int64_t{1});
      return;
    }
    set_window(conv, node.window);
    set(conv, "dilations", Ints{node.window.dilation_h, node.window.dilation_w});
    set(conv, "group", std::int64_t{node.groups});
  }

  // Mean 0 and variance 1 without epsilon leave scale and bias as they are.
  void add_affine(const Node& node, std::vector<std::string> inputs, const std::string& output) {
    const auto channels = static_cast<std::int64_t>(node.scale.size());
    inputs.push_back(constant(node.name + ".scale", {channels}, node.scale));
    inputs.push_back(constant(node.name + ".bias", {channels}, node.bias));
    inputs.push_back(constant(node.name + ".mean", {channels}, std::vector<float>(channels, 0.0F)));
    inputs.push_back(constant(node.name + ".variance", {channels}, std::vector<float>(channels, 1.0F)));
    set(new_node("BatchNormalization", node.name, inputs, output), "epsilon", 0.0F);
  }

  void add_clip(const Node& node, std::vector<std::string> inputs, const std::string& output) {
    const bool has_low = std::isfinite(node.low);
    const bool has_high = std::isfinite(node.high);
    if (node.low == 0 && !has_high) {
      new_node("Relu", node.name, inputs, output);
      return;
    }
    inputs.push_back(has_low ? constant(node.name + ".min", {}, {node.low}) : "");
    if (has_high) inputs.push_back(constant(node.name + ".max", {}, {node.high}));
    new_node("Clip", node.name, inputs, output);
  }

  std::string bytes() const {
    std::string text;
    {
      google::protobuf::io::StringOutputStream stream(&text);
      google::protobuf::io::CodedOutputStream coded(&stream);
      coded.SetSerializationDeterministic(true);
      model_.SerializeToCodedStream(&coded);
    }
    return text;
  }

  const Network& network_;
  std::vector<bool>
      needs_image_;              ///< by tensor: a reader, or a reader of what comes of it, takes images only
  std::vector<bool> is_flat_;    ///< by tensor
  std::set<std::string> names_;  ///< of tensors and constants
  onnx::ModelProto model_;
};

}  // namespace

std::string to_onnx(const Network& network) {
  return Exporter(network).run();
}

void export_onnx(const Network& network, const std::filesystem::path& file) {
  const std::string bytes = to_onnx(network);
  std::ofstream stream(file, std::ios::binary);
  if (!stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush())
    throw std::invalid_argument(fmt::format("{}: cannot be written", file.string()));
}

}  // namespace bitbalance
