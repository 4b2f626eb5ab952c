// Layers over windows of an image: convolutions and poolings.
#include <fmt/format.h>

#include <algorithm>

#include "quant/onnx/graph/graph.h"
#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/layers/wide_window.h"
#include "quant/onnx/operators/layers/window.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// A node over rows as one over images: its lists get a first spatial dimension.
NodeProto over_images(NodeProto node, std::size_t rank) {
  if (rank != 3) return node;
  for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
    const std::string& name = attribute.name();
    std::vector<std::int64_t> list(attribute.ints().begin(), attribute.ints().end());
    if (list.size() == 1 && (name == "kernel_shape" || name == "strides" || name == "dilations")) {
      list.insert(list.begin(), 1);
    } else if (list.size() == 2 && name == "pads") {
      list = {0, list[0], 0, list[1]};
    }
    attribute.mutable_ints()->Assign(list.begin(), list.end());
  }
  return node;
}

/// The input as an image of a convolution or pooling.
int windowed_image(OnnxGraph& graph, const NodeProto& node) {
  const Dims& dims = graph.dims(node, 0);
  if (dims.size() < 3 || dims.size() > 4) {
    graph.model().fail(node, fmt::format("input shape is {}; accepted: 1 x channels x height x width, "
                                         "1 x channels x width",
                                         to_string(dims)));
  }
  return graph.image(node, 0);
}

/// Adds a layer over a window.
Node& add_windowed(OnnxGraph& graph, const NodeProto& node, Op op, int input, const Window& window,
                   int channels) {
  const Shape out = window.output_shape(graph.shape(input), channels);
  Dims dims = {1, out.channels, out.height, out.width};
  if (graph.dims(node, 0).size() == 3) dims.erase(dims.begin() + 2);
  Node& layer = graph.add_layer(node, op, input, out, std::move(dims));
  layer.window = window;
  return layer;
}

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

void conv(OnnxGraph& graph, const NodeProto& source) {
  const int input = windowed_image(graph, source);
  const std::size_t rank = graph.dims(source, 0).size();
  const NodeProto node = over_images(source, rank);
  const Shape in = graph.shape(input);
  const OnnxValue& weights = graph.floats(node, 1);
  const std::int64_t groups = int_attribute(node, "group", 1);
  if (weights.dims.size() != rank || groups < 1 || groups > in.channels ||
      weights.dims[1] * groups != in.channels || weights.dims[0] % groups != 0) {
    graph.model().fail(node, fmt::format("weights {} in {} groups over {} input channels do not fit",
                                         to_string(weights.dims), groups, in.channels));
  }
  const Dims kernel = {rank == 4 ? weights.dims[2] : 1, weights.dims.back()};
  if (ints_attribute(node, "kernel_shape", kernel) != kernel) {
    graph.model().fail(node,
                       fmt::format("kernel_shape differs from the weights' {}x{}", kernel[0], kernel[1]));
  }
  const Window window = read_window(graph.model(), node, kernel, in);
  const int filters = static_cast<int>(weights.dims[0]);
  std::vector<float> bias(filters, 0.0F);
  if (OnnxGraph::has_input(node, 2)) bias = graph.per_channel(node, 2, filters);
  const bool is_wide = has_wide_stride(window);
  graph.check_room(node, rewritten_weights(window, weights.dims[0] * weights.dims[1]));
  Rewritten held =
      is_wide ? over_blocks(window, weights.constant) : with_small_dilation(window, weights.constant);
  const int image = is_wide ? image_of_blocks(graph, node, input, window, held.window) : input;
  if (held.window.kernel_h > kMostKernel || held.window.kernel_w > kMostKernel) {
    add_parts(graph, node, image, held, static_cast<int>(groups), std::move(bias));
    return;
  }
  Node& layer = add_windowed(graph, node, Op::kConv, image, held.window, filters);
  layer.groups = static_cast<int>(groups);
  layer.weights = std::move(held.weights);
  layer.bias = std::move(bias);
}

Node& add_pool(OnnxGraph& graph, const NodeProto& source, Op op) {
  const int input = windowed_image(graph, source);
  const NodeProto node = over_images(source, graph.dims(source, 0).size());
  const Shape in = graph.shape(input);
  return add_windowed(graph, node, op, input, read_pool_window(graph.model(), node, in), in.channels);
}

/// Windows that no layer has: with gaps, larger than a command holds, or of three dimensions and more.
bool is_pool_of_host(const OnnxGraph& graph, const NodeProto& node) {
  const std::vector<std::int64_t> dilations = ints_attribute(node, "dilations", {});
  const std::vector<std::int64_t> kernel = ints_attribute(node, "kernel_shape", {});
  return graph.dims(node, 0).size() > 4 ||
         std::any_of(dilations.begin(), dilations.end(), [](std::int64_t d) { return d != 1; }) ||
         std::any_of(kernel.begin(), kernel.end(), [](std::int64_t extent) { return extent > kMostKernel; });
}

void max_pool(OnnxGraph& graph, const NodeProto& node) {
  if (is_pool_of_host(graph, node)) {
    import_host_operator(graph, node);
  } else {
    add_pool(graph, node, Op::kMaxPool);
  }
}

/// Padding that counts is part of the image; what ceil_mode adds after it never counts, so that a window
/// there is divided by less. With auto_pad it adds nothing.
void average_pool(OnnxGraph& graph, const NodeProto& node) {
  if (is_pool_of_host(graph, node)) {
    import_host_operator(graph, node);
    return;
  }
  const bool counts = int_attribute(node, "count_include_pad", 0) != 0;
  const bool may_overhang =
      int_attribute(node, "ceil_mode", 0) != 0 && string_attribute(node, "auto_pad", "NOTSET") == "NOTSET";
  if (!counts || !may_overhang || graph.dims(node, 0).size() < 3) {
    add_pool(graph, node, Op::kAvgPool).count_include_pad = counts;
    return;
  }
  NodeProto over_padded = without_attributes(node, {"count_include_pad", "pads"});
  const std::vector<std::int64_t> given = ints_attribute(node, "pads", {});
  if (std::any_of(given.begin(), given.end(), [](std::int64_t pad) { return pad != 0; })) {
    HostAttributes pads;
    pads.integers["pads"] = {0, 0};
    const auto half = given.begin() + static_cast<std::ptrdiff_t>(given.size() / 2);
    std::vector<std::int64_t>& all = pads.integers["pads"];
    all.insert(all.end(), given.begin(), half);
    all.insert(all.end(), 2, 0);
    all.insert(all.end(), half, given.end());
    const std::string name = node.output(0) + " (padded)";
    graph.name_value(name, Spelling(graph, node).step("Pad", {graph.value(node, 0)}, pads));
    over_padded.set_input(0, name);
  }
  add_pool(graph, over_padded, Op::kAvgPool);
}

/// Over all of a channel; on the host where that is more than a command holds.
void global_pool(OnnxGraph& graph, const NodeProto& node) {
  const int input = graph.image(node, 0);
  const Shape in = graph.shape(input);
  if (in.height > kMostKernel || in.width > kMostKernel) {
    HostAttributes plane;
    for (std::size_t d = 2; d < graph.dims(node, 0).size(); ++d)
      plane.integers["axes"].push_back(static_cast<std::int64_t>(d));
    Spelling(graph, node)
        .result(node.op_type() == "GlobalMaxPool" ? "ReduceMax" : "ReduceMean", {graph.value(node, 0)},
                plane);
    return;
  }
  Dims dims(graph.dims(node, 0).size(), 1);
  dims[1] = in.channels;
  const Op op = node.op_type() == "GlobalMaxPool" ? Op::kMaxPool : Op::kAvgPool;
  Node& layer = graph.add_layer(node, op, input, {in.channels, 1, 1}, std::move(dims));
  layer.window.kernel_h = in.height;
  layer.window.kernel_w = in.width;
}

}  // namespace

OnnxHandlers windowed_handlers() {
  return {
      {"AveragePool", average_pool},  {"Conv", conv},        {"GlobalAveragePool", global_pool},
      {"GlobalMaxPool", global_pool}, {"MaxPool", max_pool},
  };
}

}  // namespace bitbalance::onnx_io
