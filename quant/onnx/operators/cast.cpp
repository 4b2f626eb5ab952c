#include "quant/onnx/operators/cast.h"

#include <fmt/format.h>

#include <cmath>

#include "quant/onnx/graph/spelling.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

float cast_constant(const OnnxGraph& graph, const NodeProto& node, ElementType to, float x) {
  if (to == onnx::TensorProto::BOOL) return x == 0 ? 0 : 1;
  if (is_real(to)) return rounded_to(to, x);
  const float whole = std::trunc(x);
  if (!holds(to, whole))
    graph.model().fail(node, fmt::format("casts {} to {}; accepted: what fits", double{x}, name_of(to)));
  return whole;
}

/// Toward zero: sign * floor(magnitude).
void cut_fraction(OnnxGraph& graph, const NodeProto& node, const OnnxValue& input) {
  Spelling words(graph, node);
  const OnnxValue sign = words.step("Sign", {input});
  words.result("Mul", {sign, words.step("Floor", {words.step("Abs", {input})})});
}

/// 1 for all but 0.
void take_truth(OnnxGraph& graph, const NodeProto& node, const OnnxValue& input) {
  Spelling words(graph, node);
  words.result("Abs", {words.step("Sign", {input})});
}

}  // namespace

void import_cast(OnnxGraph& graph, const NodeProto& node) {
  const auto to = static_cast<ElementType>(int_attribute(node, "to", 0));
  if (!is_accepted(to))
    graph.model().fail(node, fmt::format("casts to {}; accepted: to {}", name_of(to), accepted_types()));
  OnnxValue value = graph.value(node, 0);
  const bool is_integral = !is_real(value.type);
  value.type = to;
  const bool computes =
      value.tensor >= 0 && (to == onnx::TensorProto::BOOL || (is_integer(to) && !is_integral));
  if (!computes) {
    for (float& x : value.constant) x = cast_constant(graph, node, to, x);
    graph.define(node, node.output(0), std::move(value));
    return;
  }
  (to == onnx::TensorProto::BOOL ? take_truth : cut_fraction)(graph, node, value);
  // Shape inference does not know the newest types.
  OnnxValue result = graph.known(node, node.output(0));
  result.type = to;
  graph.name_value(node.output(0), std::move(result));
}

void import_cast_like(OnnxGraph& graph, const NodeProto& node) {
  NodeProto cast = without_attributes(node, {"to"});
  cast.set_op_type("Cast");
  cast.mutable_input()->DeleteSubrange(1, 1);
  set_attribute(cast, "to", std::int64_t{graph.value(node, 1).type});
  import_cast(graph, cast);
}

}  // namespace bitbalance::onnx_io
