// Operators that make indices, or are told by them where to put something: in words of the host's others.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "quant/host/operator_traits.h"
#include "quant/onnx/graph/graph.h"
#include "quant/onnx/graph/spelling.h"
#include "quant/onnx/operators/numbers/integers.h"
#include "quant/onnx/operators/on_host/host_import.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// 0 .. count - 1 along one dimension of `rank`, plus `first`.
OnnxValue counted(std::size_t rank, std::size_t axis, std::int64_t count, float first = 0) {
  OnnxValue value = {-1, Dims(rank, 1), {}, onnx::TensorProto::FLOAT};
  value.dims[axis] = count;
  for (std::int64_t i = 0; i < count; ++i) value.constant.push_back(first + static_cast<float>(i));
  return value;
}

/// The least index, or the greatest, at which the largest or smallest element is.
void index_of_extreme(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  const OnnxValue x = graph.value(node, 0);
  const std::size_t axis = normal_axis(int_attribute(node, "axis", 0), x.dims.size());
  const bool is_last = int_attribute(node, "select_last_index", 0) != 0;
  HostAttributes along, result;
  along.integers["axes"] = {static_cast<std::int64_t>(axis)};
  result = along;
  result.integers["keepdims"] = {int_attribute(node, "keepdims", 1)};
  const OnnxValue extreme = words.step(node.op_type() == "ArgMax" ? "ReduceMax" : "ReduceMin", {x}, along);
  const OnnxValue is_extreme = words.step("Equal", {x, extreme});
  const std::int64_t count = x.dims[axis];
  graph.check_indices(node, count);
  graph.check_room(node, count);
  const OnnxValue index = counted(x.dims.size(), axis, count);
  const OnnxValue none = Spelling::number(is_last ? -1.0F : static_cast<float>(count));
  const OnnxValue found = words.step("Where", {is_extreme, index, none});
  // As it is; but nobody has to tell that it needs no sign.
  words.result("Abs", {words.step(is_last ? "ReduceMax" : "ReduceMin", {found}, result)});
}

/// Where the index, or from operator set 11 on the index less the depth, is the place along the new
/// dimension.
void one_hot(OnnxGraph& graph, const NodeProto& node) {
  constexpr std::int64_t kFromEnd = 11;
  Spelling words(graph, node);
  const std::int64_t depth = to_integer(std::trunc(graph.per_channel(node, 1, 1)[0]));
  const std::vector<float> values = graph.per_channel(node, 2, 2);
  if (depth < 1 || depth > kExactInteger)
    graph.model().fail(node, fmt::format("depth is {}; accepted: 1 to {}", depth, kExactInteger));
  OnnxValue x = graph.value(node, 0);
  if (is_real(x.type)) x = without_fraction(words, x);
  const std::size_t rank = x.dims.size() + 1;
  const std::size_t axis = normal_axis(int_attribute(node, "axis", -1), rank);
  x.dims.insert(x.dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  graph.check_room(node, checked_count({element_count(x.dims), depth}));
  OnnxValue is_here = words.step("Equal", {x, counted(rank, axis, depth)});
  if (graph.model().opset() >= kFromEnd) {
    const OnnxValue from_end = counted(rank, axis, depth, -static_cast<float>(depth));
    is_here = words.step("Max", {is_here, words.step("Equal", {x, from_end})});
  }
  words.result("Where", {is_here, Spelling::number(values.at(1)), Spelling::number(values.at(0))});
}

/// 1 at the first of the largest elements of each row, 0 elsewhere.
void hardmax(OnnxGraph& graph, const NodeProto& node) {
  Spelling words(graph, node);
  OnnxValue x = graph.value(node, 0);
  const Dims dims = x.dims;
  const std::int64_t opset = graph.model().opset();
  std::size_t axis = normal_axis(int_attribute(node, "axis", host::softmax_default_axis(opset)), dims.size());
  if (!host::softmax_has_one_axis(opset)) {
    x.dims = {element_count(dims, 0, axis), element_count(dims, axis)};
    axis = 1;
  }
  HostAttributes along;
  along.integers["axes"] = {static_cast<std::int64_t>(axis)};
  const std::int64_t count = x.dims[axis];
  graph.check_indices(node, count);
  graph.check_room(node, count);
  const OnnxValue index = counted(x.dims.size(), axis, count);
  const OnnxValue is_largest = words.step("Equal", {x, words.step("ReduceMax", {x}, along)});
  const OnnxValue candidates =
      words.step("Where", {is_largest, index, Spelling::number(static_cast<float>(count))});
  OnnxValue result = words.step("Equal", {index, words.step("ReduceMin", {candidates}, along)});
  result.dims = dims;
  words.result(std::move(result), x.type);
}

/// Values and indices, each where somebody reads it.
void top_k(OnnxGraph& graph, const NodeProto& node) {
  std::vector<const OnnxValue*> operands;
  const HostOperator op = read_operator(graph, node, operands);
  const OnnxValue x = *operands.at(0);
  graph.check_indices(node, x.dims.at(normal_axis(op.attributes.integer("axis", -1), x.dims.size())));
  const auto is_read = [&](int index) {
    return node.output_size() > index && graph.model().readers(node.output(index)) != 0;
  };
  OnnxValue indices;
  if (is_read(1)) {
    graph.add_host(node, op, operands, node.output(1));
    indices = graph.known(node, node.output(1));
  } else {
    indices = Spelling(graph, node).step("TopK", {x}, op.attributes);
  }
  if (!is_read(0)) return;
  HostAttributes axis;
  axis.integers["axis"] = {op.attributes.integer("axis", -1)};
  Spelling(graph, node).result("GatherElements", {x, indices}, axis);
}

/// Until operator set 10 the name of what is ScatterElements from 11 on.
void scatter(OnnxGraph& graph, const NodeProto& node) {
  std::vector<const OnnxValue*> operands;
  HostOperator op = read_operator(graph, node, operands);
  op.type = "ScatterElements";
  graph.add_host(node, std::move(op), operands, node.output(0));
}

/// The triangle of a matrix above or below a diagonal, and zeros.
void trilu(OnnxGraph& graph, const NodeProto& node) {
  const OnnxValue x = graph.value(node, 0);
  const std::size_t rank = x.dims.size();
  if (rank < 2) graph.model().fail(node, fmt::format("input is {}; accepted: matrices", to_string(x.dims)));
  const std::int64_t rows = x.dims[rank - 2], columns = x.dims[rank - 1];
  const std::int64_t diagonal =
      OnnxGraph::has_input(node, 1) ? to_integer(graph.per_channel(node, 1, 1)[0]) : 0;
  const bool is_upper = int_attribute(node, "upper", 1) != 0;
  graph.check_room(node, checked_count({rows, columns}));
  OnnxValue mask = {-1, {rows, columns}, {}, onnx::TensorProto::FLOAT};
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      const bool is_kept = is_upper ? c - r >= diagonal : c - r <= diagonal;
      mask.constant.push_back(is_kept ? 1.0F : 0.0F);
    }
  }
  Spelling(graph, node).result("Where", {mask, x, Spelling::number(0)});
}

/// Ones on a diagonal, with the extents of the input.
void eye_like(OnnxGraph& graph, const NodeProto& node) {
  const OnnxValue& x = graph.value(node, 0);
  if (x.dims.size() != 2)
    graph.model().fail(node, fmt::format("input is {}; accepted: a matrix", to_string(x.dims)));
  const std::int64_t diagonal = int_attribute(node, "k", 0);
  graph.check_room(node, checked_count(x.dims));
  HostTensor eye(x.dims);
  for (std::int64_t r = 0; r < x.dims[0]; ++r) {
    // From far off, a diagonal is nowhere.
    const bool is_there = diagonal >= -r && diagonal < x.dims[1] - r;
    if (is_there) eye.values[r * x.dims[1] + r + diagonal] = 1;
  }
  const auto type = static_cast<ElementType>(int_attribute(node, "dtype", x.type));
  graph.define(node, node.output(0), {-1, x.dims, std::move(eye.values), type});
}

/// The first elements of each sequence in opposite order, as many as its constant length says.
void reverse_sequence(OnnxGraph& graph, const NodeProto& node) {
  const OnnxValue x = graph.value(node, 0);
  const std::int64_t batch = int_attribute(node, "batch_axis", 1), time = int_attribute(node, "time_axis", 0);
  const std::vector<float>& lengths = graph.floats(node, 1).constant;
  const bool fits = x.dims.size() >= 2 && (batch == 0 || batch == 1) && time == 1 - batch &&
                    static_cast<std::int64_t>(lengths.size()) == x.dims[batch];
  if (!fits) {
    graph.model().fail(node, fmt::format("{} lengths along axes {} and {} of {}; accepted: one per sequence, "
                                         "axes 0 and 1",
                                         lengths.size(), batch, time, to_string(x.dims)));
  }
  graph.check_indices(node, x.dims[time]);
  graph.check_room(node, element_count(x.dims));
  OnnxValue from = {-1, x.dims, {}, onnx::TensorProto::INT64};
  const std::int64_t inner = element_count(x.dims, 2);
  for (std::int64_t i = 0; i < element_count(x.dims); ++i) {
    const std::int64_t first = i / inner / x.dims[1], second = i / inner % x.dims[1];
    const std::int64_t at = time == 0 ? first : second;
    const std::int64_t length = to_integer(lengths[time == 0 ? second : first]);
    if (length < 1 || length > x.dims[time])
      graph.model().fail(node, fmt::format("a length of {}; accepted: 1 to {}", length, x.dims[time]));
    from.constant.push_back(static_cast<float>(at < length ? length - 1 - at : at));
  }
  HostAttributes axis;
  axis.integers["axis"] = {time};
  Spelling(graph, node).result("GatherElements", {x, from}, axis);
}

}  // namespace

OnnxHandlers index_handlers() {
  return {
      {"ArgMax", index_of_extreme},
      {"ArgMin", index_of_extreme},
      {"EyeLike", eye_like},
      {"Hardmax", hardmax},
      {"OneHot", one_hot},
      {"ReverseSequence", reverse_sequence},
      {"Scatter", scatter},
      {"TopK", top_k},
      {"Trilu", trilu},
  };
}

}  // namespace bitbalance::onnx_io
