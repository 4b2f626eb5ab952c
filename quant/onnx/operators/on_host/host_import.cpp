// Operators that the host computes: their attributes, and the constant inputs that older operator sets had as
// attributes.
#include "quant/onnx/operators/on_host/host_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <set>

#include "quant/onnx/operators/numbers/integers.h"
#include "quant/onnx/operators/on_host/parameters.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

void read_attributes(const NodeProto& node, HostAttributes& attributes) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    switch (attribute.type()) {
      case onnx::AttributeProto::INT:
        attributes.integers[attribute.name()] = {attribute.i()};
        break;
      case onnx::AttributeProto::INTS:
        attributes.integers[attribute.name()] = {attribute.ints().begin(), attribute.ints().end()};
        break;
      case onnx::AttributeProto::FLOAT:
        attributes.numbers[attribute.name()] = {attribute.f()};
        break;
      case onnx::AttributeProto::FLOATS:
        attributes.numbers[attribute.name()] = {attribute.floats().begin(), attribute.floats().end()};
        break;
      case onnx::AttributeProto::STRING:
        attributes.words[attribute.name()] = attribute.s();
        break;
      default:
        break;  // tensors and graphs belong to operators that are handled elsewhere
    }
  }
}

/// Every output is a slice of the input.
void split(OnnxGraph& graph, const NodeProto& node) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(graph, node, operands);
  const OnnxValue input = *operands.front();
  if (const std::int64_t count = int_attribute(node, "num_outputs", node.output_size());
      count != node.output_size()) {
    graph.model().fail(node,
                       fmt::format("num_outputs is {}; accepted: its {} outputs", count, node.output_size()));
  }
  const std::int64_t axis = op.attributes.integer("axis", 0);
  const std::int64_t extent = input.dims[normal_axis(axis, input.dims.size())];
  std::vector<std::int64_t> parts = op.attributes.list("split");
  if (parts.empty()) {
    const std::int64_t each = (extent + node.output_size() - 1) / node.output_size();
    parts.assign(node.output_size() - 1, each);
    parts.push_back(extent - each * (node.output_size() - 1));
  }
  if (static_cast<int>(parts.size()) != node.output_size()) {
    graph.model().fail(node, fmt::format("has {} parts for {} outputs; accepted: one for each", parts.size(),
                                         node.output_size()));
  }
  if (std::any_of(parts.begin(), parts.end(), [&](std::int64_t part) { return part < 0 || part > extent; }))
    graph.model().fail(node, fmt::format("parts are {}; accepted: 0 to {}", to_string(parts), extent));
  std::int64_t start = 0;
  for (int i = 0; i < node.output_size(); ++i) {
    HostOperator slice;
    slice.type = "Slice";
    const std::int64_t end = start + parts[i];
    slice.attributes.integers = {{"axes", {axis}}, {"starts", {start}}, {"ends", {end}}};
    start = end;
    if (graph.model().readers(node.output(i)) != 0) graph.add_host(node, slice, {&input}, node.output(i));
  }
}

/// What belongs to some axes, for all of them; the others have `rest`.
template <class T>
void spread(std::vector<T>& values, const std::vector<std::size_t>& axes, std::size_t rank, T rest) {
  if (values.empty()) return;
  if (values.size() != axes.size()) {
    throw std::invalid_argument(
        fmt::format("{} values for {} axes; accepted: one for each", values.size(), axes.size()));
  }
  std::vector<T> all(rank, rest);
  for (std::size_t i = 0; i < axes.size(); ++i) all[axes[i]] = values[i];
  values = std::move(all);
}

/// Since operator set 18: some axes alone, a policy of aspect ratios, and a filter that is wider where the
/// image shrinks.
void resize(OnnxGraph& graph, const NodeProto& node) {
  std::vector<const OnnxValue*> operands;
  HostOperator op = read_operator(graph, node, operands);
  const Dims dims = operands.at(0)->dims;
  HostAttributes& attributes = op.attributes;
  if (const std::string policy = attributes.word("keep_aspect_ratio_policy", "stretch"); policy != "stretch")
    graph.model().fail(node, fmt::format("keep_aspect_ratio_policy is '{}'; accepted: stretch", policy));
  if (const std::vector<std::int64_t> listed = attributes.list("axes"); !listed.empty()) {
    std::vector<std::size_t> axes;
    axes.reserve(listed.size());
    for (const std::int64_t axis : listed) axes.push_back(normal_axis(axis, dims.size()));
    if (!attributes.numbers["roi"].empty())
      graph.model().fail(node, "has a roi of some axes; accepted: of all");
    spread(attributes.numbers["scales"], axes, dims.size(), 1.0F);
    std::vector<std::int64_t>& sizes = attributes.integers["sizes"];
    std::vector<std::int64_t> all = dims;
    for (std::size_t i = 0; i < axes.size() && i < sizes.size(); ++i) all[axes[i]] = sizes[i];
    if (!sizes.empty()) sizes = all;
    attributes.integers.erase("axes");
  }
  if (!import_on_integers(graph, node, op, operands))
    graph.add_host(node, std::move(op), operands, node.output(0));
}

void pad(OnnxGraph& graph, const NodeProto& node) {
  std::vector<const OnnxValue*> operands;
  HostOperator op = read_pad(graph, node, operands);
  graph.add_host(node, std::move(op), operands, node.output(0));
}

/// Along no axes at all, if asked for: what is left is the function of each element.
void reduce(OnnxGraph& graph, const NodeProto& node) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(graph, node, operands);
  if (op.attributes.integer("noop_with_empty_axes", 0) == 0 || !op.attributes.list("axes").empty()) {
    import_host_operator(graph, node);
    return;
  }
  const OnnxValue x = *operands.at(0);
  Spelling words(graph, node);
  if (op.type == "ReduceL1" || op.type == "ReduceL2") {
    words.result("Abs", {x});
  } else if (op.type == "ReduceLogSum") {
    if (is_integer(x.type)) {
      graph.model().fail(node,
                         fmt::format("takes logarithms of {}; accepted: real numbers", name_of(x.type)));
    }
    words.result("Log", {x});
  } else if (op.type == "ReduceSumSquare") {
    words.result("Mul", {x, x});
  } else {
    HostAttributes none;  // of a sum alone the operator set that is written has it, too
    none.integers["noop_with_empty_axes"] = {1};
    words.result("ReduceSum", {x}, none);
  }
}

/// Before operator set 16 the only coordinates were those that another name has since.
void roi_align(OnnxGraph& graph, const NodeProto& node) {
  constexpr std::int64_t kChoice = 16;
  std::vector<const OnnxValue*> operands;
  HostOperator op = read_operator(graph, node, operands);
  if (op.opset < kChoice) op.attributes.words["coordinate_transformation_mode"] = "output_half_pixel";
  graph.add_host(node, std::move(op), operands, node.output(0));
}

void lrn(OnnxGraph& graph, const NodeProto& node) {
  const std::int64_t size = int_attribute(node, "size", 0);
  const float alpha = float_attribute(node, "alpha", 1e-4F), beta = float_attribute(node, "beta", 0.75F);
  const float bias = float_attribute(node, "bias", 1);
  if (size < 1 || size > std::numeric_limits<std::int16_t>::max())
    graph.model().fail(node, fmt::format("size is {}; accepted: 1 to 32767", size));
  if (!(bias > 0) || !(alpha >= 0) || !std::isfinite(bias + alpha + beta)) {
    graph.model().fail(
        node, fmt::format("alpha {}, beta {}, bias {}; accepted: bias above 0, alpha from 0, finite", alpha,
                          beta, bias));
  }
  graph.activation(node, 0);
  import_host_operator(graph, node);
}

void combine_alike(OnnxGraph& graph, const NodeProto& node) {
  for (int i = 1; graph.model().opset() < kVariadicBroadcasts && i < node.input_size(); ++i) {
    if (graph.dims(node, i) != graph.dims(node, 0)) {
      graph.model().fail(node,
                         fmt::format("operands are {} and {}; accepted in operator set 7: equal extents",
                                     to_string(graph.dims(node, 0)), to_string(graph.dims(node, i))));
    }
  }
  import_host_operator(graph, node);
}

}  // namespace

HostOperator read_operator(const OnnxGraph& graph, const NodeProto& node,
                           std::vector<const OnnxValue*>& operands) {
  HostOperator op;
  op.type = node.op_type();
  op.opset = graph.model().opset();
  read_attributes(node, op.attributes);
  const std::vector<std::string>& parameters = parameter_inputs(op.type, op.opset);
  int given = node.input_size();
  while (given > 0 && !OnnxGraph::has_input(node, given - 1)) --given;  // optional ones at the end
  for (int i = 0; i < given; ++i) {
    const std::string name = static_cast<std::size_t>(i) < parameters.size() ? parameters[i] : "";
    if (!OnnxGraph::has_input(node, i)) {
      if (name.empty()) graph.model().fail(node, fmt::format("input {} is left out", i));
      continue;
    }
    const OnnxValue& value = graph.value(node, i);
    if (name.empty()) {
      operands.push_back(&value);
      continue;
    }
    if (value.tensor >= 0)
      graph.model().fail(node, fmt::format("input '{}' is computed; accepted: a constant", node.input(i)));
    if (is_single(name) && value.constant.size() != 1) {
      graph.model().fail(node, fmt::format("input '{}' has {} elements; accepted: one", node.input(i),
                                           value.constant.size()));
    }
    if (!is_real(value.type)) {
      std::vector<std::int64_t>& integers = op.attributes.integers[name];
      std::transform(value.constant.begin(), value.constant.end(), std::back_inserter(integers), to_integer);
    } else {
      op.attributes.numbers[name] = value.constant;
    }
  }
  return op;
}

// Since operator set 18 of some axes alone.
HostOperator read_pad(const OnnxGraph& graph, const NodeProto& node,
                      std::vector<const OnnxValue*>& operands) {
  HostOperator op = read_operator(graph, node, operands);
  const std::size_t rank = operands.at(0)->dims.size();
  const std::vector<std::int64_t> axes = op.attributes.list("axes");
  if (!OnnxGraph::has_input(node, 3)) return op;
  const std::vector<std::int64_t> given = op.attributes.list("pads");
  if (given.size() != 2 * axes.size()) {
    graph.model().fail(node,
                       fmt::format("{} pads of {} axes; accepted: two each", given.size(), axes.size()));
  }
  std::vector<std::int64_t>& pads = op.attributes.integers["pads"];
  pads.assign(2 * rank, 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = normal_axis(axes[i], rank);
    pads[axis] = given[i];
    pads[rank + axis] = given[axes.size() + i];
  }
  op.attributes.integers.erase("axes");
  return op;
}

void import_host_operator(OnnxGraph& graph, const NodeProto& node) {
  std::vector<const OnnxValue*> operands;
  HostOperator op = read_operator(graph, node, operands);
  if (op.type == "Div" && is_integer(operands[0]->type)) op.attributes.integers[host::kCutsFraction] = {1};
  if (import_on_integers(graph, node, op, operands)) return;
  graph.add_host(node, std::move(op), operands, node.output(0));
}

OnnxHandlers host_handlers() {
  OnnxHandlers handlers;
  for (const std::string& name : host_operators())
    handlers[name] = name.rfind("Reduce", 0) == 0 ? reduce : import_host_operator;
  handlers["LRN"] = lrn;
  handlers["Pad"] = pad;
  handlers["Resize"] = resize;
  handlers["RoiAlign"] = roi_align;
  handlers["Split"] = split;
  for (const char* name : {"Max", "Mean", "Min", "Sum"}) handlers[name] = combine_alike;
  return handlers;
}

}  // namespace bitbalance::onnx_io
