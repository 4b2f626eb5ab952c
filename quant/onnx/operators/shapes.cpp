// Operators that change or tell extents, or pass their input on: they cost nothing, as elements stay where
// they are.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "quant/onnx/graph/graph.h"
#include "quant/onnx/operators/numbers/cast.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

std::vector<std::int64_t> integers_of(const OnnxGraph& graph, const NodeProto& node, int index) {
  const OnnxValue& value = graph.value(node, index);
  if (value.tensor >= 0)
    graph.model().fail(node, fmt::format("input '{}' is computed; accepted: a constant", node.input(index)));
  std::vector<std::int64_t> integers;
  std::transform(value.constant.begin(), value.constant.end(), std::back_inserter(integers), to_integer);
  return integers;
}

/// The input under other extents.
void define_view(OnnxGraph& graph, const NodeProto& node, Dims dims) {
  OnnxValue value = graph.value(node, 0);
  if (checked_count(dims) != element_count(value.dims)) {
    graph.model().fail(node, fmt::format("result is {}; accepted: the {} elements of {}", to_string(dims),
                                         element_count(value.dims), to_string(value.dims)));
  }
  value.dims = std::move(dims);
  graph.define(node, node.output(0), std::move(value));
}

void pass(OnnxGraph& graph, const NodeProto& node) {
  graph.define(node, node.output(0), graph.value(node, 0));
}

void dropout(OnnxGraph& graph, const NodeProto& node) {
  if (OnnxGraph::has_input(node, 2) && graph.value(node, 2).constant != std::vector<float>{0})
    graph.model().fail(node, "training_mode is set; accepted: inference");
  pass(graph, node);
}

/// Where the shape has 0 it keeps the input's extent (unless allowzero), where it has -1 goes the rest.
void reshape(OnnxGraph& graph, const NodeProto& node) {
  const Dims& in = graph.dims(node, 0);
  Dims dims = integers_of(graph, node, 1);
  const bool keeps = int_attribute(node, "allowzero", 0) == 0;
  for (std::size_t d = 0; d < dims.size(); ++d)
    if (dims[d] == 0 && keeps && d < in.size()) dims[d] = in[d];
  const auto rest = std::find(dims.begin(), dims.end(), -1);
  if (rest != dims.end()) {
    *rest = 1;
    const std::int64_t known = checked_count(dims);
    *rest = known == 0 ? 0 : element_count(in) / known;
  }
  define_view(graph, node, std::move(dims));
}

void flatten(OnnxGraph& graph, const NodeProto& node) {
  const Dims& in = graph.dims(node, 0);
  const std::int64_t axis = int_attribute(node, "axis", 1);
  const std::size_t split =
      axis == static_cast<std::int64_t>(in.size()) ? in.size() : normal_axis(axis, in.size());
  define_view(graph, node, {element_count(in, 0, split), element_count(in, split)});
}

/// Of Squeeze and Unsqueeze: an attribute before operator set 13, an input from there on.
std::vector<std::int64_t> axes_of(const OnnxGraph& graph, const NodeProto& node) {
  if (OnnxGraph::has_input(node, 1)) return integers_of(graph, node, 1);
  return ints_attribute(node, "axes", {});
}

void squeeze(OnnxGraph& graph, const NodeProto& node) {
  const Dims& in = graph.dims(node, 0);
  const std::vector<std::int64_t> axes = axes_of(graph, node);
  std::vector<bool> gone(in.size(), false);
  for (const std::int64_t axis : axes) gone[normal_axis(axis, in.size())] = true;
  Dims dims;
  for (std::size_t d = 0; d < in.size(); ++d)
    if (axes.empty() ? in[d] != 1 : !gone[d]) dims.push_back(in[d]);
  define_view(graph, node, std::move(dims));
}

void unsqueeze(OnnxGraph& graph, const NodeProto& node) {
  const Dims& in = graph.dims(node, 0);
  const std::vector<std::int64_t> axes = axes_of(graph, node);
  std::vector<bool> added(in.size() + axes.size(), false);
  for (const std::int64_t axis : axes) added[normal_axis(axis, added.size())] = true;
  if (std::count(added.begin(), added.end(), true) != static_cast<std::ptrdiff_t>(axes.size()))
    graph.model().fail(node, fmt::format("axes are {}; accepted: each once", to_string(axes)));
  Dims dims;
  auto next = in.begin();
  for (const bool is_new : added) dims.push_back(is_new ? 1 : *next++);
  define_view(graph, node, std::move(dims));
}

void define_integers(OnnxGraph& graph, const NodeProto& node, Dims dims, const Dims& values) {
  graph.define(node, node.output(0),
               {-1, std::move(dims), {values.begin(), values.end()}, onnx::TensorProto::INT64});
}

void shape(OnnxGraph& graph, const NodeProto& node) {
  const Dims& in = graph.dims(node, 0);
  const auto rank = static_cast<std::int64_t>(in.size());
  const auto bound = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t start = bound(int_attribute(node, "start", 0));
  const std::int64_t end = std::max(start, bound(int_attribute(node, "end", rank)));
  define_integers(graph, node, {end - start}, {in.begin() + start, in.begin() + end});
}

void size(OnnxGraph& graph, const NodeProto& node) {
  define_integers(graph, node, {}, {element_count(graph.dims(node, 0))});
}

void constant(OnnxGraph& graph, const NodeProto& node) {
  if (node.attribute_size() != 1) graph.model().fail(node, "has no value; accepted: one attribute");
  const onnx::AttributeProto& value = node.attribute(0);
  OnnxConstant found;
  switch (value.type()) {
    case onnx::AttributeProto::TENSOR:
      found = graph.model().constant(value.t());
      break;
    case onnx::AttributeProto::FLOAT:
      found.tensor = {{}, {value.f()}};
      break;
    case onnx::AttributeProto::FLOATS:
      found.tensor = {{value.floats_size()}, {value.floats().begin(), value.floats().end()}};
      break;
    case onnx::AttributeProto::INT:
      found = {{{}, {exact_integer(value.i())}}, onnx::TensorProto::INT64};
      break;
    case onnx::AttributeProto::INTS:
      found = {{{value.ints_size()}, {}}, onnx::TensorProto::INT64};
      std::transform(value.ints().begin(), value.ints().end(), std::back_inserter(found.tensor.values),
                     exact_integer);
      break;
    default:
      graph.model().fail(node, fmt::format("attribute '{}'; accepted: a tensor or numbers", value.name()));
  }
  graph.define(node, node.output(0),
               {-1, std::move(found.tensor.dims), std::move(found.tensor.values), found.type});
}

void constant_of_shape(OnnxGraph& graph, const NodeProto& node) {
  const Dims dims = integers_of(graph, node, 0);
  OnnxConstant value;
  value.tensor.values = {0};
  if (const onnx::TensorProto* tensor = tensor_attribute(node, "value"); tensor != nullptr)
    value = graph.model().constant(*tensor);
  if (value.tensor.values.size() != 1) {
    graph.model().fail(node, fmt::format("value has {} elements; accepted: one", value.tensor.values.size()));
  }
  HostTensor filled(dims);
  std::fill(filled.values.begin(), filled.values.end(), value.tensor.values.front());
  graph.define(node, node.output(0), {-1, dims, std::move(filled.values), value.type});
}

/// Refuses a range that single precision may count otherwise than its element type does.
void check_range_count(const OnnxGraph& graph, const NodeProto& node, double count) {
  constexpr double kNear = 1e-6;
  const ElementType type = graph.value(node, 0).type;
  const double whole = std::round(count), distance = std::abs(count - whole);
  if (type == onnx::TensorProto::DOUBLE && distance > 0 && distance <= kNear * std::max(1.0, whole)) {
    graph.model().fail(node, fmt::format("counts {} steps in single precision; accepted for DOUBLE: what is "
                                         "not so near to a whole number",
                                         count));
  }
  for (int i = 0; is_integer(type) && i < 3; ++i) {
    const double value = graph.floats(node, i).constant[0];
    if (std::abs(value) > kExactInteger) {
      graph.model().fail(node, fmt::format("input '{}' is {}; accepted: integers up to {}", node.input(i),
                                           value, kExactInteger));
    }
  }
}

void range(OnnxGraph& graph, const NodeProto& node) {
  const float start = graph.per_channel(node, 0, 1)[0], limit = graph.per_channel(node, 1, 1)[0];
  const float delta = graph.per_channel(node, 2, 1)[0];
  if (delta == 0) graph.model().fail(node, "delta is 0; accepted: any other");
  constexpr double kMost = 1e18;
  const double count = (double{limit} - start) / delta;  // as the official inference counts
  check_range_count(graph, node, count);
  HostTensor values({static_cast<std::int64_t>(std::clamp(std::ceil(count), 0.0, kMost))});
  for (std::size_t i = 0; i < values.values.size(); ++i)
    values.values[i] = start + delta * static_cast<float>(i);
  graph.define(node, node.output(0), {-1, values.dims, std::move(values.values), graph.value(node, 0).type});
}

}  // namespace

OnnxHandlers shape_handlers() {
  return {
      {"Cast", import_cast},    {"CastLike", import_cast_like},
      {"Constant", constant},   {"ConstantOfShape", constant_of_shape},
      {"Dropout", dropout},     {"Flatten", flatten},
      {"Identity", pass},       {"Range", range},
      {"Reshape", reshape},     {"Shape", shape},
      {"Size", size},           {"Squeeze", squeeze},
      {"Unsqueeze", unsqueeze},
  };
}

}  // namespace bitbalance::onnx_io
