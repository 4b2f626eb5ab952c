// Operators that make indices, or are told by them where to put something: in words of the host's others.
#include <fmt/format.h>

#include <cmath>

#include "quant/onnx/graph/graph.h"
#include "quant/onnx/graph/spelling.h"

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
  constexpr std::int64_t kFromEnd = 11, kMost = 1 << 24;
  Spelling words(graph, node);
  // Shape inference has refused other numbers of elements.
  const std::int64_t depth = to_integer(std::trunc(graph.floats(node, 1).constant.at(0)));
  const std::vector<float> values = graph.floats(node, 2).constant;
  if (depth < 1 || depth > kMost)
    graph.model().fail(node, fmt::format("depth is {}; accepted: 1 to {}", depth, kMost));
  OnnxValue x = graph.value(node, 0);
  if (is_real(x.type))
    x = words.step("Mul", {words.step("Sign", {x}), words.step("Floor", {words.step("Abs", {x})})});
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

}  // namespace

OnnxHandlers index_handlers() {
  return {{"ArgMax", index_of_extreme}, {"ArgMin", index_of_extreme}, {"OneHot", one_hot}};
}

}  // namespace bitbalance::onnx_io
