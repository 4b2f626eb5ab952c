#include "quant/onnx/operators/layers/volumes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/layers/convolution.h"
#include "quant/onnx/operators/layers/window.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// A volume's window as two: its planes', and its depth's in rows.
struct VolumeWindow {
  Window depth, plane;
  int depths = 1;  ///< of the results
  Shape result;    ///< of one of their planes
};

bool is_one_pixel(const Window& window) {
  return window.kernel_h == 1 && window.kernel_w == 1 && window.stride_h == 1 && window.stride_w == 1 &&
         window.pad_top + window.pad_bottom + window.pad_left + window.pad_right == 0;
}

/// The node's lists for the depth, as those of rows, or for the plane.
NodeProto part_of_node(const OnnxGraph& graph, NodeProto node, bool is_depth) {
  for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
    const bool are_pads = attribute.name() == "pads";
    if (!are_pads && attribute.name() != "kernel_shape" && attribute.name() != "strides" &&
        attribute.name() != "dilations")
      continue;
    const Dims list(attribute.ints().begin(), attribute.ints().end());
    const std::size_t expected = are_pads ? 6 : 3;
    if (list.size() != expected) {
      graph.model().fail(node, fmt::format("{} is {}; accepted: {} numbers (three spatial dimensions)",
                                           attribute.name(), to_string(list), expected));
    }
    Dims part = is_depth ? Dims{list[0], 1} : Dims{list[1], list[2]};
    if (are_pads) part = is_depth ? Dims{list[0], 0, list[3], 0} : Dims{list[1], list[2], list[4], list[5]};
    attribute.mutable_ints()->Assign(part.begin(), part.end());
  }
  return node;
}

/// The volume with these two spatial dimensions as an image.
int seen_in_two(OnnxGraph& graph, const NodeProto& node, OnnxValue volume, Dims dims, const char* as) {
  volume.dims = std::move(dims);
  const std::string name = fmt::format("{} ({})", node.output(0), as);
  graph.name_value(name, std::move(volume));
  return graph.image(node, name);
}

/// Where along its dimension a picture has what.
struct Stack {
  std::int64_t lead = 0;    ///< rows of zeros ahead of a plane
  std::int64_t period = 0;  ///< rows from one plane to the next
  Window window;            ///< over the picture
};

/// As few rows from plane to plane as keep their windows apart: the zeros below one are those above the next.
Stack stack_of(const VolumeWindow& of, std::int64_t height) {
  Stack stack;
  stack.window = of.plane;
  Window& window = stack.window;
  if (window.pad_top >= window.span_h()) {
    stack.lead = window.pad_top;
    window.pad_top = 0;
  }
  const std::int64_t stride = window.stride_h, rows = of.result.height;
  const std::int64_t seen = (rows - 1) * stride + window.span_h() - window.pad_top;
  // Below what the last window sees there may be anything, unless it is the padding of the next plane.
  const std::int64_t held = window.pad_top == 0 ? seen : stack.lead + height;
  const std::int64_t least = std::max({held + window.pad_top, seen, rows * stride});
  stack.period = (least + stride - 1) / stride * stride;
  // As many rows of results as periods have strides.
  window.pad_bottom = std::max(0, window.span_h() - window.pad_top - window.stride_h);
  return stack;
}

/// Planes to channels: the picture, of one plane after the other if there are several.
OnnxValue picture_of(OnnxGraph& graph, const NodeProto& node, const VolumeWindow& of, const Stack& stack) {
  OnnxValue x = graph.value(node, 0);
  const Dims in = x.dims;
  Spelling words(graph, node);
  const Window& depth = of.depth;
  const std::int64_t below = stack.period - stack.lead - in[3];
  if (depth.pad_top + depth.pad_bottom + stack.lead != 0 || below != 0) {
    HostAttributes pads;
    pads.integers["pads"] = {0, 0, depth.pad_top, stack.lead, 0, 0, 0, depth.pad_bottom, below, 0};
    x = words.step("Pad", {x}, pads);
  }
  OnnxValue planes = {-1, {depth.kernel_h, of.depths}, {}, onnx::TensorProto::INT64};
  for (int tap = 0; tap < depth.kernel_h; ++tap) {
    for (int at = 0; at < of.depths; ++at)
      planes.constant.push_back(static_cast<float>(at * depth.stride_h + tap * depth.dilation_h));
  }
  // All planes in their order, once?
  const bool is_all = (depth.kernel_h == 1 || of.depths == 1) &&
                      static_cast<std::int64_t>(planes.constant.size()) == x.dims[2] &&
                      std::is_sorted(planes.constant.begin(), planes.constant.end());
  HostAttributes axis;
  axis.integers["axis"] = {2};
  if (!is_all) x = words.step("Gather", {x, planes}, axis);
  x.dims = {1, in[1] * depth.kernel_h, of.depths * stack.period, in[4]};
  return x;
}

/// The result by name: `stacked` [1][channels][depths][rows][columns] without the rows between planes.
void cut_planes(OnnxGraph& graph, const NodeProto& node, const OnnxValue& stacked, std::int64_t rows) {
  HostAttributes range;
  range.integers = {{"axes", {3}}, {"starts", {0}}, {"ends", {rows}}};
  Spelling(graph, node).result("Slice", {stacked}, range);
  graph.note_cut(node.output(0), {stacked, rows});
}

void check_batch(const OnnxGraph& graph, const NodeProto& node) {
  if (const std::int64_t batch = graph.dims(node, 0)[0]; batch != 1)
    graph.model().fail(node, fmt::format("batch is {}; accepted: 1", batch));
}

/// A step on the way to the node's result, under another name.
NodeProto step_of(const NodeProto& node, const char* what) {
  NodeProto step = node;
  step.set_output(0, fmt::format("{} ({})", node.output(0), what));
  return step;
}

void define_volume(OnnxGraph& graph, const NodeProto& node, const NodeProto& last, Dims dims) {
  OnnxValue result = graph.known(last, last.output(0));
  result.dims = std::move(dims);
  graph.define(node, node.output(0), std::move(result));
}

}  // namespace

void import_volume_convolution(OnnxGraph& graph, const NodeProto& node) {
  check_batch(graph, node);
  const OnnxValue x = graph.value(node, 0);
  const Dims in = x.dims;
  graph.activation(node, 0);
  const auto extent = [&](std::size_t d) { return static_cast<int>(in[d]); };
  Filters filters = read_filters(graph, node, extent(1));
  const auto channels = static_cast<std::int64_t>(filters.bias.size());
  const Dims kernel = filters.kernel;
  VolumeWindow of;
  const Shape along = {1, extent(2), 1}, plane = {1, extent(3), extent(4)};
  of.depth = read_window(graph.model(), part_of_node(graph, node, true), {kernel[0], 1}, along);
  of.plane = read_window(graph.model(), part_of_node(graph, node, false), {kernel[1], kernel[2]}, plane);
  of.depths = of.depth.output_shape(along, 1).height;
  of.result = of.plane.output_shape(plane, 1);
  const Dims result = {1, channels, of.depths, of.result.height, of.result.width};

  const NodeProto step = step_of(node, "picture");
  if (is_one_pixel(of.plane)) {  // planes are rows
    const int image = seen_in_two(graph, node, x, {1, in[1], in[2], in[3] * in[4]}, "planes");
    add_convolution(graph, step, image, of.depth, std::move(filters));
    define_volume(graph, node, step, result);
    return;
  }
  Stack stack = stack_of(of, in[3]);
  if (of.depths == 1) stack = {0, in[3], of.plane};
  const OnnxValue picture = picture_of(graph, node, of, stack);
  const int image = seen_in_two(graph, node, picture, picture.dims, "planes");
  add_convolution(graph, step, image, stack.window, std::move(filters));
  const std::int64_t rows = of.depths == 1 ? of.result.height : stack.period / stack.window.stride_h;
  if (rows == of.result.height) {
    define_volume(graph, node, step, result);
    return;
  }
  OnnxValue stacked = graph.known(step, step.output(0));
  stacked.dims = {1, channels, of.depths, rows, of.result.width};
  cut_planes(graph, node, stacked, of.result.height);
}

void import_volume_pool(OnnxGraph& graph, const NodeProto& node, Op op) {
  check_batch(graph, node);
  const OnnxValue x = graph.value(node, 0);
  const Dims in = x.dims;
  const auto extent = [&](std::size_t d) { return static_cast<int>(in[d]); };
  const Shape along = {1, extent(2), 1}, planes = {1, extent(3), extent(4)};
  const NodeProto depth_node = part_of_node(graph, node, true), plane_node = part_of_node(graph, node, false);
  const Window depth = read_pool_window(graph.model(), depth_node, along);
  const Window plane = read_pool_window(graph.model(), plane_node, planes);
  const Shape smaller = plane.output_shape(planes, 1);
  const int depths = depth.output_shape(along, 1).height;
  const bool counts = int_attribute(node, "count_include_pad", 0) != 0;
  NodeProto last = step_of(node, "planes pooled");
  OnnxValue pooled = x;
  if (!is_one_pixel(plane) || is_one_pixel(depth)) {
    const int image = seen_in_two(graph, node, x, {1, in[1] * in[2], in[3], in[4]}, "planes");
    add_windowed(graph, last, op, image, plane, graph.shape(image).channels).count_include_pad = counts;
    pooled = graph.known(last, last.output(0));
  }
  if (!is_one_pixel(depth)) {
    last = step_of(node, "depth pooled");
    const std::int64_t area = std::int64_t{smaller.height} * smaller.width;
    const int image = seen_in_two(graph, node, pooled, {1, in[1], in[2], area}, "depth");
    add_windowed(graph, last, op, image, depth, extent(1)).count_include_pad = counts;
  }
  define_volume(graph, node, last, {1, in[1], depths, smaller.height, smaller.width});
}

bool import_ahead_of_cut(OnnxGraph& graph, const NodeProto& node, OnnxHandler import) {
  static const std::set<std::string> movable = {"BatchNormalization", "Clip", "LeakyRelu", "PRelu", "Relu"};
  if (movable.count(node.op_type()) == 0 || graph.model().readers(node.input(0)) != 1) return false;
  const OnnxGraph::Cut* found = graph.cut(node.input(0));
  for (int i = 1; i < node.input_size(); ++i)
    if (OnnxGraph::has_input(node, i) && !graph.is_constant(node, i)) return false;
  if (found == nullptr) return false;
  const OnnxGraph::Cut cut = *found;
  NodeProto ahead = step_of(node, "picture");
  ahead.set_input(0, node.output(0) + " (uncut)");
  graph.name_value(ahead.input(0), cut.whole);
  import(graph, ahead);
  cut_planes(graph, node, graph.known(ahead, ahead.output(0)), cut.rows);
  return true;
}

}  // namespace bitbalance::onnx_io
