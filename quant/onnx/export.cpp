#include "quant/onnx/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/file/output_file.h"
#include "quant/host/operator_traits.h"
#include "quant/onnx/file/element_type.h"
#include "quant/onnx/write/host_export.h"
#include "quant/onnx/write/writer.h"

namespace bitbalance::onnx_io {
namespace {

bool is_point(const Shape& shape) {
  return shape.height == 1 && shape.width == 1;
}

/// Integers of four bits are younger than the operator sets that are written.
ElementType written_type(ElementType type) {
  if (type == kInt4) return onnx::TensorProto::INT8;
  return type == kUint4 ? onnx::TensorProto::UINT8 : type;
}

// A tensor of the network is an image (batch x channels x height x width) or flat (batch x features).
class Exporter {
 public:
  explicit Exporter(Network network)
      : network_(std::move(network)),
        needs_image_(network_.tensors.size(), false),
        is_flat_(network_.tensors.size(), false),
        writer_(network_.name) {
    for (const Tensor& tensor : network_.tensors) names_.push_back(writer_.unique(tensor.name));
    for (const Output& output : network_.outputs) free_name(output.name);
  }

  void run(std::ostream& stream) {
    constexpr std::int64_t kOpset = 13, kIrVersion = 7;
    find_images();
    has_batch_ = begin_with_batch() && std::none_of(network_.nodes.begin(), network_.nodes.end(),
                                                    [&](const Node& node) { return is_host_graph(node); });
    for (const Node& node : network_.nodes)
      for (const HostOperator& step : node.host.steps) host_opset_ = std::max(host_opset_, host_opset(step));
    // IR versions that go with the operator sets.
    constexpr std::int64_t kHostIrVersion = 8, kNineteen = 19;
    const std::int64_t host_ir = kHostIrVersion + (host_opset_ >= kNineteen ? 1 : 0);
    writer_.set_version(has_batch_ ? kOpset : host_opset_, has_batch_ ? kIrVersion : host_ir);

    is_flat_[network_.input] = is_point(network_.shape(network_.input)) && !needs_image_[network_.input];
    add_input();
    for (Node& node : network_.nodes) {
      add(node);
      std::vector<float>().swap(node.weights);  // the writer has them
    }
    for (const Output& output : network_.outputs) add_output(output);
    if (network_.outputs.empty()) {
      declare(*writer_.graph().add_output(), name_of(network_.output), written_dims(network_.output),
              kFloat32);
    }
    writer_.write(stream);
  }

 private:
  [[noreturn]] void fail(const Node& node, const std::string& problem) const {
    throw std::invalid_argument(fmt::format("network {}: node '{}': {}", network_.name, node.name, problem));
  }

  // A name of the file's that no tensor has from now on.
  void free_name(const std::string& name) {
    const auto taken = std::find(names_.begin(), names_.end(), name);
    if (taken == names_.end()) {
      writer_.unique(name);
    } else {
      *taken = writer_.unique(name + "_value");
    }
  }

  // Do the file's own extents of input and outputs leave room for a batch of any size?
  bool begin_with_batch() const {
    const auto begins = [](const Dims& dims) { return !dims.empty() && dims[0] == 1; };
    return (network_.input_dims.empty() || begins(network_.input_dims)) &&
           std::all_of(network_.outputs.begin(), network_.outputs.end(),
                       [&](const Output& output) { return begins(output.dims); });
  }

  // The same elements under other extents; the first one is the batch where that is open.
  void add_view(const std::string& from, const Dims& dims, const std::string& to) {
    Dims shape = dims;
    if (has_batch_) shape[0] = 0;
    writer_.add_node(
        "Reshape", to,
        {from, writer_.constant(to + ".shape", {static_cast<std::int64_t>(shape.size())}, shape)}, to);
  }

  void add_cast(const std::string& from, int type, const std::string& to) {
    set_attribute(writer_.add_node("Cast", to, {from}, to), "to", std::int64_t{written_type(type)});
  }

  void add_input() {
    // Beside BatchNormalization and its like, another first extent of an image would mean a batch.
    const Dims own = dims(network_.input), &stated = network_.input_dims;
    const bool is_stated = !stated.empty() && (stated.size() < 3 || stated[0] == 1);
    const Dims file = is_stated ? stated : own;
    std::string name = name_of(network_.input);
    declare(*writer_.graph().add_input(), name, file, network_.input_type);
    if (network_.input_type != kFloat32) {
      const std::string numbers = writer_.unique(name + "_numbers");
      add_cast(std::exchange(name, numbers), kFloat32, numbers);
    }
    if (file != own) {
      const std::string image = writer_.unique(name + "_image");
      add_view(std::exchange(name, image), own, image);
    }
    if (const std::optional<ValueBounds>& bounds = network_.tensors[network_.input].bounds) {
      Node cut;
      cut.name = writer_.unique(name + "_cut");
      cut.low = bounds->low;
      cut.high = bounds->high;
      add_clip(cut, {name}, cut.name);
      name = cut.name;
    }
    names_[network_.input] = name;
  }

  // Extents that a tensor has in the file: those of the host where it is a result of it.
  Dims written_dims(int tensor) const {
    const Node* last = result_of_host(tensor);
    return last == nullptr ? dims(tensor) : last->host.steps.back().result;
  }

  void add_output(const Output& output) {
    declare(*writer_.graph().add_output(), output.name, output.dims, output.type);
    std::string& inner = names_[output.tensor];
    const bool is_named = std::any_of(network_.outputs.begin(), network_.outputs.end(),
                                      [&](const Output& other) { return other.name == inner; });
    const bool is_view = written_dims(output.tensor) != output.dims;
    if (output.type != kFloat32) {
      const std::string numbers = is_view ? writer_.unique(output.name + "_numbers") : inner;
      if (is_view) add_view(inner, output.dims, numbers);
      add_cast(numbers, output.type, output.name);
    } else if (is_view || is_named) {
      add_view(inner, output.dims, output.name);
    } else {
      rename(inner, output.name);
    }
  }

  // A tensor that has been written.
  void rename(std::string& tensor, const std::string& to) {
    for (onnx::NodeProto& node : *writer_.graph().mutable_node()) {
      for (std::string& name : *node.mutable_input()) name = name == tensor ? to : name;
      for (std::string& name : *node.mutable_output()) name = name == tensor ? to : name;
    }
    tensor = to;
  }

  bool covers_image(const Node& node) const {
    const Window& w = node.window;
    const Shape& in = network_.shape(node.input);
    return node.op == Op::kConv && node.groups == 1 && w.kernel_h == in.height && w.kernel_w == in.width &&
           std::max({w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}) == 0 &&
           (is_point(in) || std::max(w.dilation_h, w.dilation_w) == 1);
  }
  bool is_gemm(const Node& node) const { return covers_image(node) && !needs_image_[node.output]; }

  static bool has_graph(const Node& node) { return node.op == Op::kHost || node.op == Op::kLookup; }
  static bool is_alone(const Node& node, const char* type) {
    return has_graph(node) && node.host.steps.size() == 1 && node.host.steps.front().type == type;
  }
  bool is_lrn(const Node& node) const {
    return is_alone(node, "LRN") && node.host.inputs.front() == image_dims(node.input);
  }
  // Over all elements of an image.
  static bool is_softmax(const Node& node) {
    if (!is_alone(node, "Softmax")) return false;
    const HostOperator& op = node.host.steps.front();
    const Dims& dims = node.host.inputs.front();
    const std::size_t axis =
        normal_axis(op.attributes.integer("axis", host::softmax_default_axis(op.opset)), dims.size());
    return (host::softmax_has_one_axis(op.opset) ? dims[axis] : element_count(dims, axis)) ==
           element_count(dims);
  }
  // Of extents that hold for one image alone; LRN and Softmax of an image take any batch.
  bool is_host_graph(const Node& node) const {
    const bool takes_batch =
        is_lrn(node) ||
        (is_softmax(node) && (!needs_image_[node.output] || is_point(network_.shape(node.input))));
    return has_graph(node) && !takes_batch;
  }
  // The node of the host whose result is one of the network's and read by nobody: it keeps its extents.
  const Node* result_of_host(int tensor) const {
    if (!is_result(network_, tensor) || count_uses(network_)[tensor] != 1) return nullptr;
    const auto last = std::find_if(network_.nodes.begin(), network_.nodes.end(),
                                   [&](const Node& node) { return node.output == tensor; });
    return last != network_.nodes.end() && is_host_graph(*last) ? &*last : nullptr;
  }

  bool reads_image(const Node& node) const {
    switch (node.op) {
      case Op::kConv:
        return !is_gemm(node);
      case Op::kMaxPool:
      case Op::kAvgPool:
        return true;
      case Op::kLookup:
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

  Dims image_dims(int tensor) const {
    const Shape& shape = network_.shape(tensor);
    return {1, shape.channels, shape.height, shape.width};
  }
  Dims dims(int tensor) const {
    return is_flat_[tensor] ? Dims{1, network_.shape(tensor).elements()} : image_dims(tensor);
  }

  void declare(onnx::ValueInfoProto& value, const std::string& name, const Dims& dims, int type) const {
    value.set_name(name);
    onnx::TypeProto_Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(written_type(type));
    onnx::TensorShapeProto& shape = *tensor.mutable_shape();
    for (const std::int64_t dim : dims) shape.add_dim()->set_dim_value(dim);
    if (has_batch_) shape.mutable_dim(0)->set_dim_param("batch");
  }

  static void set_window(onnx::NodeProto& node, const Window& w) {
    set_attribute(node, "kernel_shape", Dims{w.kernel_h, w.kernel_w});
    set_attribute(node, "strides", Dims{w.stride_h, w.stride_w});
    set_attribute(node, "pads", Dims{w.pad_top, w.pad_left, w.pad_bottom, w.pad_right});
  }

  const std::string& name_of(int tensor) const { return names_[tensor]; }

  // The name of a tensor in its flat form; a Flatten makes it where there is none.
  std::string flat(int tensor) {
    if (is_flat_[tensor]) return name_of(tensor);
    std::string name = writer_.unique(name_of(tensor) + "_flat");
    set_attribute(writer_.add_node("Flatten", name, {name_of(tensor)}, name), "axis", std::int64_t{1});
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
        set_window(writer_.add_node("MaxPool", node.name, inputs, output), node.window);
        break;
      case Op::kAvgPool: {
        onnx::NodeProto& pool = writer_.add_node("AveragePool", node.name, inputs, output);
        set_window(pool, node.window);
        set_attribute(pool, "count_include_pad", std::int64_t{node.count_include_pad ? 1 : 0});
        break;
      }
      case Op::kAdd:
        writer_.add_node("Add", node.name, inputs, output);
        break;
      case Op::kConcat:
        set_attribute(writer_.add_node("Concat", node.name, inputs, output), "axis", std::int64_t{1});
        break;
      case Op::kLookup:
      case Op::kHost:
        add_host(node, inputs, output);
        break;
    }
  }

  void add_host(const Node& node, const std::vector<std::string>& inputs, const std::string& output) {
    if (is_host_graph(node)) {
      add_host_graph(node, inputs, output);
      return;
    }
    onnx::NodeProto& added = writer_.add_node(node.host.steps.front().type, node.name, inputs, output);
    if (is_softmax(node)) {
      set_attribute(added, "axis", std::int64_t{1});
      return;
    }
    const HostAttributes& attributes = node.host.steps.front().attributes;
    set_attribute(added, "size", attributes.integer("size", 1));
    for (const auto& [name, values] : attributes.numbers) set_attribute(added, name, values.front());
  }

  void add_host_graph(const Node& node, const std::vector<std::string>& inputs, const std::string& output) {
    const std::vector<int> read = sources(node);
    std::vector<OnnxTensor> tensors;
    for (std::size_t i = 0; i < read.size(); ++i) tensors.push_back({inputs[i], dims(read[i])});
    const Dims& own = node.host.steps.back().result;
    try {
      write_host_graph(writer_, host_opset_, node.name, node.host, tensors,
                       {output, &node == result_of_host(node.output) ? own : dims(node.output)});
    } catch (const std::invalid_argument& error) {
      fail(node, error.what());
    }
  }

  void add_conv(const Node& node, std::vector<std::string> inputs, const std::string& output) {
    const auto filters = static_cast<std::int64_t>(node.bias.size());
    const std::int64_t inputs_of_filter = network_.shape(node.input).channels / node.groups;
    const bool gemm = is_gemm(node);
    const Dims dims = gemm ? Dims{filters, inputs_of_filter * node.window.area()}
                           : Dims{filters, inputs_of_filter, node.window.kernel_h, node.window.kernel_w};
    inputs.push_back(writer_.constant(node.name + ".weight", dims, node.weights));
    inputs.push_back(writer_.constant(node.name + ".bias", {filters}, node.bias));
    onnx::NodeProto& conv = writer_.add_node(gemm ? "Gemm" : "Conv", node.name, inputs, output);
    if (gemm) {
      set_attribute(conv, "transB", std::int64_t{1});
      return;
    }
    set_window(conv, node.window);
    set_attribute(conv, "dilations", Dims{node.window.dilation_h, node.window.dilation_w});
    set_attribute(conv, "group", std::int64_t{node.groups});
  }

  // Mean 0 and variance 1 without epsilon leave scale and bias as they are.
  void add_affine(const Node& node, std::vector<std::string> inputs, const std::string& output) {
    const auto channels = static_cast<std::int64_t>(node.scale.size());
    inputs.push_back(writer_.constant(node.name + ".scale", {channels}, node.scale));
    inputs.push_back(writer_.constant(node.name + ".bias", {channels}, node.bias));
    inputs.push_back(writer_.constant(node.name + ".mean", {channels}, std::vector<float>(channels, 0.0F)));
    inputs.push_back(
        writer_.constant(node.name + ".variance", {channels}, std::vector<float>(channels, 1.0F)));
    set_attribute(writer_.add_node("BatchNormalization", node.name, inputs, output), "epsilon", 0.0F);
  }

  void add_clip(const Node& node, std::vector<std::string> inputs, const std::string& output) {
    const bool has_low = std::isfinite(node.low);
    const bool has_high = std::isfinite(node.high);
    if (node.low == 0 && !has_high) {
      writer_.add_node("Relu", node.name, inputs, output);
      return;
    }
    inputs.push_back(has_low ? writer_.constant(node.name + ".min", {}, std::vector<float>{node.low}) : "");
    if (has_high) inputs.push_back(writer_.constant(node.name + ".max", {}, std::vector<float>{node.high}));
    writer_.add_node("Clip", node.name, inputs, output);
  }

  Network network_;
  std::vector<std::string> names_;  ///< by tensor, in the file
  std::vector<bool>
      needs_image_;            ///< by tensor: a reader, or a reader of what comes of it, takes images only
  std::vector<bool> is_flat_;  ///< by tensor
  bool has_batch_ = true;      ///< are batches of any size accepted?
  std::int64_t host_opset_ = kHostOpset;
  OnnxWriter writer_;
};

}  // namespace

void write_onnx(Network network, std::ostream& stream) {
  Exporter(std::move(network)).run(stream);
}

std::string to_onnx(Network network) {
  std::ostringstream stream;
  write_onnx(std::move(network), stream);
  return stream.str();
}

void export_onnx(Network network, const std::filesystem::path& file) {
  OutputFile output(file);
  write_onnx(std::move(network), output.stream());
  output.close();
}

}  // namespace bitbalance::onnx_io
