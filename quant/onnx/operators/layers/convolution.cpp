#include "quant/onnx/operators/layers/convolution.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "quant/ir/window_limits.h"
#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/layers/wide_window.h"

namespace bitbalance::onnx_io {

using onnx::NodeProto;

Node& add_windowed(OnnxGraph& graph, const NodeProto& node, Op op, int input, const Window& window,
                   int channels) {
  const Shape out = window.output_shape(graph.shape(input), channels);
  Dims dims = {1, out.channels, out.height, out.width};
  if (graph.dims(node, 0).size() == 3) dims.erase(dims.begin() + 2);
  Node& layer = graph.add_layer(node, op, input, out, std::move(dims));
  layer.window = window;
  return layer;
}

namespace {

/// The image with blocks of the stride's extents as channels, padded or cut to what the windows read.
int image_of_blocks(OnnxGraph& graph, const NodeProto& node, int input, const Window& window,
                    const Window& of_blocks) {
  const Shape in = graph.shape(input), out = window.output_shape(in, 1);
  const std::int64_t rows = out.height + of_blocks.kernel_h - 1, columns = out.width + of_blocks.kernel_w - 1;
  const std::int64_t bottom = rows * window.stride_h - in.height - window.pad_top;
  const std::int64_t right = columns * window.stride_w - in.width - window.pad_left;
  Spelling words(graph, node);
  HostAttributes pads, order;
  pads.integers["pads"] = {0, 0, window.pad_top, window.pad_left, 0, 0, bottom, right};
  order.integers["perm"] = {0, 1, 3, 5, 2, 4};
  const OnnxValue image = {input, {1, in.channels, in.height, in.width}, {}, onnx::TensorProto::FLOAT};
  OnnxValue blocks = words.step("Pad", {image}, pads);
  blocks.dims = {1, in.channels, rows, window.stride_h, columns, window.stride_w};
  blocks = words.step("Transpose", {blocks}, order);
  const std::int64_t channels = std::int64_t{in.channels} * window.stride_h * window.stride_w;
  graph.name_value(node.output(0) + " (blocks)",
                   {blocks.tensor, {1, channels, rows, columns}, {}, blocks.type});
  return graph.image(node, node.output(0) + " (blocks)");
}

/// Taps first .. end - 1 of one direction of a kernel.
struct Taps {
  int first, end;
};

std::vector<Taps> parts_of(int kernel) {
  std::vector<Taps> parts;
  for (int first = 0; first < kernel; first += kMostKernel)
    parts.push_back({first, std::min(kernel, first + kMostKernel)});
  return parts;
}

/// The convolution of these taps alone: its window has no padding.
Rewritten part_of(const Rewritten& whole, const Taps& rows, const Taps& columns) {
  Rewritten part = {whole.window, {}};
  Window& window = part.window;
  window.kernel_h = rows.end - rows.first;
  window.kernel_w = columns.end - columns.first;
  window.pad_top = window.pad_bottom = window.pad_left = window.pad_right = 0;
  const std::size_t width = whole.window.kernel_w, plane = whole.window.kernel_h * width;
  for (std::size_t of = 0; of < whole.weights.size(); of += plane) {
    for (int row = rows.first; row < rows.end; ++row) {
      const auto from = whole.weights.begin() + static_cast<std::ptrdiff_t>(of + row * width);
      part.weights.insert(part.weights.end(), from + columns.first, from + columns.end);
    }
  }
  return part;
}

/// What these taps see of the padded image.
int image_of_part(OnnxGraph& graph, const NodeProto& node, Spelling& words, const OnnxValue& padded,
                  const Window& window, const Shape& out, const Taps& rows, const Taps& columns) {
  const std::int64_t top = std::int64_t{rows.first} * window.dilation_h;
  const std::int64_t left = std::int64_t{columns.first} * window.dilation_w;
  HostAttributes range;
  range.integers = {{"axes", {2, 3}},
                    {"starts", {top, left}},
                    {"ends",
                     {top + std::int64_t{out.height - 1} * window.stride_h +
                          (rows.end - rows.first - 1) * window.dilation_h + 1,
                      left + std::int64_t{out.width - 1} * window.stride_w +
                          (columns.end - columns.first - 1) * window.dilation_w + 1}}};
  const std::string name = fmt::format("{} (seen from {}, {})", node.output(0), rows.first, columns.first);
  graph.name_value(name, words.step("Slice", {padded}, range));
  return graph.image(node, name);
}

/// A kernel that is larger than a command holds, as the sum of convolutions of its parts.
void add_parts(OnnxGraph& graph, const NodeProto& node, int image, const Rewritten& whole, int groups,
               std::vector<float> bias) {
  const Window& window = whole.window;
  const Shape in = graph.shape(image), out = window.output_shape(in, static_cast<int>(bias.size()));
  Spelling words(graph, node);
  HostAttributes pads;
  pads.integers["pads"] = {0, 0, window.pad_top, window.pad_left, 0, 0, window.pad_bottom, window.pad_right};
  OnnxValue padded = {image, {1, in.channels, in.height, in.width}, {}, onnx::TensorProto::FLOAT};
  if (window.pad_top + window.pad_left + window.pad_bottom + window.pad_right != 0)
    padded = words.step("Pad", {padded}, pads);
  const std::vector<Taps> rows = parts_of(window.kernel_h), columns = parts_of(window.kernel_w);
  const std::size_t count = rows.size() * columns.size();
  int sum = -1;
  for (std::size_t i = 0; i < count; ++i) {
    const Taps &row = rows[i / columns.size()], &column = columns[i % columns.size()];
    Rewritten part = part_of(whole, row, column);
    const int seen = image_of_part(graph, node, words, padded, window, out, row, column);
    NodeProto step = node;
    step.set_output(0, fmt::format("{} (part {})", node.output(0), i));
    Node& layer = add_windowed(graph, step, Op::kConv, seen, part.window, out.channels);
    layer.groups = groups;
    layer.weights = std::move(part.weights);
    layer.bias = std::move(bias);
    bias.assign(out.channels, 0.0F);  // added once
    const int result = layer.output;
    if (i == 0) {
      sum = result;
      continue;
    }
    const Dims dims = graph.known(step, step.output(0)).dims;
    step.set_output(0, i + 1 == count ? node.output(0) : fmt::format("{} (sum {})", node.output(0), i));
    Node& addition = graph.add_layer(step, Op::kAdd, sum, graph.shape(result), dims);
    addition.operand = result;
    sum = addition.output;
  }
}

}  // namespace

Filters read_filters(const OnnxGraph& graph, const NodeProto& node, int channels) {
  const OnnxValue& weights = graph.floats(node, 1);
  const std::int64_t groups = int_attribute(node, "group", 1);
  if (weights.dims.size() != graph.dims(node, 0).size() || groups < 1 || groups > channels ||
      weights.dims[1] * groups != channels || weights.dims[0] % groups != 0) {
    graph.model().fail(node, fmt::format("weights are {} in {} groups over {} input channels; accepted: as "
                                         "many dimensions as the input, filters that "
                                         "the groups share out evenly, each over channels / groups",
                                         to_string(weights.dims), groups, channels));
  }
  Filters filters;
  filters.kernel.assign(weights.dims.begin() + 2, weights.dims.end());
  if (ints_attribute(node, "kernel_shape", filters.kernel) != filters.kernel) {
    graph.model().fail(node, fmt::format("kernel_shape differs from the weights; accepted: their {}",
                                         fmt::join(filters.kernel, "x")));
  }
  filters.groups = static_cast<int>(groups);
  filters.weights = weights.constant;
  filters.bias.assign(weights.dims[0], 0.0F);
  if (OnnxGraph::has_input(node, 2))
    filters.bias = graph.per_channel(node, 2, static_cast<int>(weights.dims[0]));
  return filters;
}

void add_convolution(OnnxGraph& graph, const NodeProto& node, int image, const Window& window,
                     Filters filters) {
  const bool is_wide = has_wide_stride(window);
  const auto planes = static_cast<std::int64_t>(filters.weights.size()) / window.area();
  graph.check_room(node, rewritten_weights(window, planes));
  Rewritten held = is_wide ? over_blocks(window, filters.weights)
                           : with_small_dilation(window, std::move(filters.weights));
  if (is_wide) image = image_of_blocks(graph, node, image, window, held.window);
  if (held.window.kernel_h > kMostKernel || held.window.kernel_w > kMostKernel) {
    add_parts(graph, node, image, held, filters.groups, std::move(filters.bias));
    return;
  }
  const auto channels = static_cast<int>(filters.bias.size());
  Node& layer = add_windowed(graph, node, Op::kConv, image, held.window, channels);
  layer.groups = filters.groups;
  layer.weights = std::move(held.weights);
  layer.bias = std::move(filters.bias);
}

}  // namespace bitbalance::onnx_io
