#include "quant/onnx/operators/canonical/canonical.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "quant/ir/window_limits.h"
#include "quant/onnx/operators/canonical/expressions.h"
#include "quant/onnx/operators/canonical/idioms.h"
#include "quant/onnx/operators/on_host/host_import.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;
using Import = void (*)(OnnxGraph&, const NodeProto&);

/// Sum and Mean of several: Add after Add, and for a mean its share of that.
bool import_sum(OnnxGraph& graph, const NodeProto& node, Import import) {
  // Before they broadcast, the host checks that extents are equal.
  if (node.input_size() < 2 || graph.model().opset() < kVariadicBroadcasts) return false;
  const bool is_mean = node.op_type() == "Mean";
  std::string sum = node.input(0);
  for (int i = 1; i < node.input_size(); ++i) {
    const bool is_last = i + 1 == node.input_size() && !is_mean;
    NodeProto add = node;
    add.set_op_type("Add");
    add.mutable_input()->Clear();
    add.add_input(sum);
    add.add_input(node.input(i));
    sum = is_last ? node.output(0) : fmt::format("{} (sum {})", node.output(0), i);
    add.set_output(0, sum);
    import(graph, add);
  }
  if (!is_mean) return true;
  NodeProto share = node;
  share.set_op_type("Mul");
  share.mutable_input()->Clear();
  share.add_input(sum);
  share.add_input(node.output(0) + " (share)");
  const auto count = static_cast<float>(node.input_size());
  graph.name_value(share.input(1), {-1, {}, {1 / count}, onnx::TensorProto::FLOAT});
  import(graph, share);
  return true;
}

bool import_negation(OnnxGraph& graph, const NodeProto& node, Import import) {
  if (graph.is_constant(node, 0) || !is_real(graph.value(node, 0).type)) return false;
  NodeProto product = node;
  product.set_op_type("Mul");
  product.add_input(node.output(0) + " (minus)");
  graph.name_value(product.input(1), {-1, {}, {-1}, onnx::TensorProto::FLOAT});
  import(graph, product);
  return true;
}

/// One clip for all bounds that follow each other and have no other reader.
bool import_clip(OnnxGraph& graph, const NodeProto& node) {
  Clipped clipped;
  if (!take_bounds(graph, node, clipped)) return false;
  const OnnxValue x = graph.known(node, clipped.x);
  if (x.tensor < 0 || !is_real(x.type)) return false;
  int input = x.tensor;
  const Node* before = graph.writer(input);
  if (before != nullptr && before->op == Op::kClip && graph.model().readers(clipped.x) == 1) {
    input = before->input;
    const double low = before->low, high = before->high;
    clipped.low = std::clamp(low, clipped.low, clipped.high);
    clipped.high = std::clamp(high, clipped.low, clipped.high);
  }
  Node& layer = graph.add_layer(node, Op::kClip, input, graph.shape(x.tensor), x.dims);
  layer.low = static_cast<float>(clipped.low);
  layer.high = static_cast<float>(clipped.high);
  return true;
}

/// The axes of a reduction, counted from the front and in order; nothing where they are not constants.
std::optional<Dims> reduced_axes(const OnnxGraph& graph, const NodeProto& node, std::size_t rank) {
  Dims axes = ints_attribute(node, "axes", {});
  if (OnnxGraph::has_input(node, 1)) {
    const OnnxValue& listed = graph.value(node, 1);
    if (listed.tensor >= 0) return {};
    for (const float axis : listed.constant) axes.push_back(to_integer(axis));
  }
  for (std::int64_t& axis : axes) axis = static_cast<std::int64_t>(normal_axis(axis, rank));
  std::sort(axes.begin(), axes.end());
  return axes;
}

bool import_reduction(OnnxGraph& graph, const NodeProto& node) {
  if (graph.is_constant(node, 0) || !is_real(graph.value(node, 0).type)) return false;
  const Dims dims = graph.dims(node, 0);
  // Of fewer dimensions it is as often a part of a layer normalization, which stays whole on the host.
  if (dims.size() < 4 || dims[0] != 1) return false;
  Dims plane;
  for (std::size_t d = 2; d < dims.size(); ++d) plane.push_back(static_cast<std::int64_t>(d));
  if (reduced_axes(graph, node, dims.size()) != plane) return false;
  const int image = graph.image(node, 0);
  const Shape in = graph.shape(image);
  if (in.height > kMostKernel || in.width > kMostKernel) return false;
  Dims result = {1, in.channels};
  if (int_attribute(node, "keepdims", 1) != 0) result.insert(result.end(), plane.size(), 1);
  const Op op = node.op_type() == "ReduceMean" ? Op::kAvgPool : Op::kMaxPool;
  Node& layer = graph.add_layer(node, op, image, {in.channels, 1, 1}, result);
  layer.window.kernel_h = in.height;
  layer.window.kernel_w = in.width;
  return true;
}

/// What a Pad adds before and after each spatial dimension, as an attribute `pads` has it; nothing where it
/// adds to another dimension, cuts something off or adds anything but `value`s.
std::optional<Dims> plane_padding(const HostOperator& pad, std::size_t rank) {
  const std::vector<std::int64_t> pads = pad.attributes.list("pads");
  if (rank < 3 || pads.size() != 2 * rank || pad.attributes.word("mode", "constant") != "constant") return {};
  Dims plane;
  for (std::size_t d = 0; d < pads.size(); ++d) {
    const bool is_spatial = d % rank >= 2;
    if (pads[d] < 0 || (!is_spatial && pads[d] != 0)) return {};
    if (is_spatial) plane.push_back(pads[d]);
  }
  return plane;
}

/// Has a window's own padding the effect of elements of that value around the image?
bool is_padding_value(const OnnxGraph& graph, const NodeProto& node, const NodeProto& pad, float value) {
  if (node.op_type() != "MaxPool") return value == 0;
  const float least = graph.range_of(graph.activation(pad, 0)).low;
  return value <= std::max(least, std::numeric_limits<float>::lowest());
}

/// Is every window on some element, padded this much?
bool sees_elements(const NodeProto& node, const Dims& pads) {
  const Dims kernel = ints_attribute(node, "kernel_shape", {});
  for (std::size_t d = 0; d < pads.size(); ++d)
    if (kernel.empty() || pads[d] >= kernel[d % kernel.size()]) return false;
  return true;
}

/// Padding ahead of a window becomes the window's own.
bool import_padded(OnnxGraph& graph, const NodeProto& node, Import import) {
  constexpr std::int64_t kMost = 255;  // of padding: a field of eight bits
  const NodeProto* pad = graph.model().producer(node.input(0));
  const bool is_conv = node.op_type() == "Conv", is_mean = node.op_type() == "AveragePool";
  const std::string own = string_attribute(node, "auto_pad", "NOTSET");
  if (pad == nullptr || pad->op_type() != "Pad" || own.rfind("SAME", 0) == 0 || graph.is_constant(*pad, 0) ||
      !is_real(graph.value(*pad, 0).type) || int_attribute(node, "ceil_mode", 0) != 0)
    return false;
  std::vector<const OnnxValue*> operands;
  const HostOperator read = read_pad(graph, *pad, operands);
  const std::optional<Dims> added = plane_padding(read, graph.dims(*pad, 0).size());
  if (!added || !is_padding_value(graph, node, *pad, read.attributes.number("value", 0))) return false;
  Dims pads = ints_attribute(node, "pads", Dims(added->size(), 0));
  if (pads.size() != added->size()) return false;
  const bool has_own = std::any_of(pads.begin(), pads.end(), [](std::int64_t p) { return p != 0; });
  if (is_mean && has_own && int_attribute(node, "count_include_pad", 0) == 0) return false;
  for (std::size_t d = 0; d < pads.size(); ++d)
    if (pads[d] <= kMost) pads[d] += (*added)[d];
  if (*std::max_element(pads.begin(), pads.end()) > kMost || (!is_conv && !sees_elements(node, pads)))
    return false;

  NodeProto windowed = without_attributes(node, {"auto_pad", "count_include_pad", "pads"});
  windowed.set_input(0, pad->input(0));
  set_attribute(windowed, "pads", pads);
  if (is_mean) set_attribute(windowed, "count_include_pad", std::int64_t{1});
  if (!import_padded(graph, windowed, import)) import(graph, windowed);
  return true;
}

}  // namespace

bool import_canonical(OnnxGraph& graph, const NodeProto& node, Import import) {
  const std::string& op = node.op_type();
  if (op == "Sum" || op == "Mean") return import_sum(graph, node, import);
  if (op == "Neg") return import_negation(graph, node, import);
  if (op == "Relu" || op == "Clip" || op == "Max" || op == "Min") return import_clip(graph, node);
  if (op == "ReduceMean" || op == "ReduceMax") return import_reduction(graph, node);
  if (op == "Conv" || op == "MaxPool" || op == "AveragePool") return import_padded(graph, node, import);
  return import_idiom(graph, node);
}

}  // namespace bitbalance::onnx_io
