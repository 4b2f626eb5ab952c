// Layers over windows of an image: convolutions and poolings.
#include <fmt/format.h>

#include <algorithm>

#include "quant/ir/window_limits.h"
#include "quant/onnx/graph/graph.h"
#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/layers/convolution.h"
#include "quant/onnx/operators/layers/volumes.h"
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
    graph.model().fail(node, fmt::format("input shape is {}; accepted: 1 x channels x one to three "
                                         "dimensions of space",
                                         to_string(dims)));
  }
  return graph.image(node, 0);
}

void conv(OnnxGraph& graph, const NodeProto& source) {
  const std::size_t rank = graph.dims(source, 0).size();
  if (rank == kVolumeRank) {
    import_volume_convolution(graph, source);
    return;
  }
  const int image = windowed_image(graph, source);
  Filters filters = read_filters(graph, source, graph.shape(image).channels);
  if (rank == 3) filters.kernel.insert(filters.kernel.begin(), 1);
  const NodeProto node = over_images(source, rank);
  const Window window = read_window(graph.model(), node, filters.kernel, graph.shape(image));
  add_convolution(graph, node, image, window, std::move(filters));
}

Node& add_pool(OnnxGraph& graph, const NodeProto& source, Op op) {
  const int input = windowed_image(graph, source);
  const NodeProto node = over_images(source, graph.dims(source, 0).size());
  const Shape in = graph.shape(input);
  return add_windowed(graph, node, op, input, read_pool_window(graph.model(), node, in), in.channels);
}

/// Windows that no layer has: with gaps, larger than a command holds, or of more than three dimensions.
bool is_pool_of_host(const OnnxGraph& graph, const NodeProto& node) {
  const std::vector<std::int64_t> dilations = ints_attribute(node, "dilations", {});
  const std::vector<std::int64_t> kernel = ints_attribute(node, "kernel_shape", {});
  return graph.dims(node, 0).size() > kVolumeRank ||
         std::any_of(dilations.begin(), dilations.end(), [](std::int64_t d) { return d != 1; }) ||
         std::any_of(kernel.begin(), kernel.end(), [](std::int64_t extent) { return extent > kMostKernel; });
}

void max_pool(OnnxGraph& graph, const NodeProto& node) {
  if (is_pool_of_host(graph, node)) {
    import_host_operator(graph, node);
  } else if (graph.dims(node, 0).size() == kVolumeRank) {
    import_volume_pool(graph, node, Op::kMaxPool);
  } else {
    add_pool(graph, node, Op::kMaxPool);
  }
}

/// Its padding becomes part of the image. What ceil_mode adds after it is padding then, which does not count.
void add_counting_pool(OnnxGraph& graph, const NodeProto& node) {
  const std::size_t rank = graph.dims(node, 0).size(), space = rank - 2;
  const Shape in = graph.shape(windowed_image(graph, node));
  const Window window = read_pool_window(graph.model(), over_images(node, rank), in);
  std::vector<std::int64_t> counted = ints_attribute(node, "pads", {});
  counted.resize(2 * space, 0);
  std::vector<std::int64_t> overhang(2 * space, 0);
  overhang.back() = window.pad_right - counted.back();
  if (space == 2) overhang[2] = window.pad_bottom - counted[2];

  NodeProto over_padded = without_attributes(node, {"ceil_mode", "count_include_pad", "pads"});
  set_attribute(over_padded, "pads", overhang);
  if (std::any_of(counted.begin(), counted.end(), [](std::int64_t pad) { return pad != 0; })) {
    HostAttributes all;  // of every dimension
    const auto half = counted.begin() + static_cast<std::ptrdiff_t>(space);
    std::vector<std::int64_t>& list = all.integers["pads"];
    list.assign(2, 0);
    list.insert(list.end(), counted.begin(), half);
    list.insert(list.end(), 2, 0);
    list.insert(list.end(), half, counted.end());
    const std::string name = node.output(0) + " (padded)";
    graph.name_value(name, Spelling(graph, node).step("Pad", {graph.value(node, 0)}, all));
    over_padded.set_input(0, name);
  }
  add_pool(graph, over_padded, Op::kAvgPool);
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
  if (graph.dims(node, 0).size() == kVolumeRank) {
    if (counts && may_overhang) {
      import_host_operator(graph, node);
    } else {
      import_volume_pool(graph, node, Op::kAvgPool);
    }
    return;
  }
  if (!counts || !may_overhang) {
    add_pool(graph, node, Op::kAvgPool).count_include_pad = counts;
    return;
  }
  add_counting_pool(graph, node);
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
