#include "quant/onnx/operators/numbers/cast.h"

#include <fmt/format.h>

#include <cmath>

#include "quant/onnx/operators/numbers/integers.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

float cast_constant(const OnnxGraph& graph, const NodeProto& node, ElementType from, ElementType to,
                    float x) {
  if (to == onnx::TensorProto::BOOL) return x == 0 ? 0 : 1;
  if (is_real(to)) return rounded_to(to, x);
  if (!holds_all(to, from) && std::abs(x) <= kExactInteger) return wrapped(x, to);
  const float whole = std::trunc(x);
  const bool is_unbounded = is_integer(from) && std::abs(double{whole}) >= kUnboundedInteger;
  if (!is_unbounded && !holds(to, whole))
    graph.model().fail(node, fmt::format("casts {} to {}; accepted: what fits", double{x}, name_of(to)));
  return whole;
}

bool is_wide_unsigned(ElementType type) {
  return is_integer(type) && !is_signed(type) && bits_of(type) >= 32;
}

/// 1 for all but 0.
OnnxValue truth(Spelling& words, const OnnxValue& x) {
  return words.step("Abs", {words.step("Sign", {x})});
}

}  // namespace

void import_cast(OnnxGraph& graph, const NodeProto& node) {
  const auto to = static_cast<ElementType>(int_attribute(node, "to", 0));
  if (!is_accepted(to))
    graph.model().fail(node, fmt::format("casts to {}; accepted: to {}", name_of(to), accepted_types()));
  OnnxValue value = graph.value(node, 0);
  const ElementType from = value.type;
  for (float& x : value.constant) x = cast_constant(graph, node, from, to, x);
  Spelling words(graph, node);
  if (value.tensor >= 0 && is_integer(from) && is_signed(from) && is_wide_unsigned(to)) {
    HostAttributes bounds;  // beyond 2^31 floats do not tell apart what negative ones become
    bounds.integers[host::kWholeBounds] = {0};
    words.result(words.step("Identity", {value}, bounds), to);
  } else if (value.tensor < 0 || from == to || is_real(to) ||
             (is_integer(to) && !is_real(from) && holds_all(to, from))) {
    value.type = to;
    graph.define(node, node.output(0), std::move(value));
  } else if (to == onnx::TensorProto::BOOL) {
    words.result(truth(words, value), to);
  } else {
    words.result(is_real(from) ? without_fraction(words, value) : wrapped(words, value, to), to);
  }
}

void import_cast_like(OnnxGraph& graph, const NodeProto& node) {
  NodeProto cast = without_attributes(node, {"to"});
  cast.set_op_type("Cast");
  cast.mutable_input()->DeleteSubrange(1, 1);
  set_attribute(cast, "to", std::int64_t{graph.value(node, 1).type});
  import_cast(graph, cast);
}

}  // namespace bitbalance::onnx_io
