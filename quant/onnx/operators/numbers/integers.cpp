#include "quant/onnx/operators/numbers/integers.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <utility>

#include "quant/host/operator_traits.h"

namespace bitbalance::onnx_io {
namespace {

constexpr int kNarrow = 16;  ///< bits that a result of two integers can leave; floats tell all of it apart

/// Can the result of integers be larger than all of them, or below zero where none is?
bool grows(const HostOperator& op) {
  static const std::set<std::string> scatters = {"ScatterElements", "ScatterND"};
  const std::string reduction = op.attributes.word("reduction", "none");
  return has_trait(op.type, host::kGrows) ||
         (scatters.count(op.type) != 0 && (reduction == "add" || reduction == "mul"));
}

bool interpolates(const HostOperator& op) {
  return (op.type == "Resize" || op.type == "Upsample") && op.attributes.word("mode", "nearest") != "nearest";
}

}  // namespace

OnnxValue without_fraction(Spelling& words, const OnnxValue& x) {
  return words.step("Mul", {words.step("Sign", {x}), words.step("Floor", {words.step("Abs", {x})})});
}

OnnxValue wrapped(Spelling& words, OnnxValue x, ElementType type) {
  const bool may_be_large = is_integer(x.type) && bits_of(x.type) > kNarrow;
  x.type = onnx::TensorProto::FLOAT;  // may be beyond what an integer could be
  const OnnxValue count = Spelling::number(std::ldexp(1.0F, bits_of(type)));
  if (!is_signed(type)) return words.step("Mod", {x, count});
  if (may_be_large) x = words.step("Mod", {x, count});  // so that the sum is exact
  const OnnxValue half = Spelling::number(std::ldexp(1.0F, bits_of(type) - 1));
  return words.step("Sub", {words.step("Mod", {words.step("Add", {x, half}), count}), half});
}

float wrapped(float x, ElementType type) {
  const float count = std::ldexp(1.0F, bits_of(type));
  const float least = is_signed(type) ? -count / 2 : 0;
  return x - count * std::floor((x - least) / count);
}

std::vector<std::int64_t> exact_bounds(ElementType type) {
  return {is_signed(type) ? -kExactInteger : 0, kExactInteger};
}

bool import_on_integers(OnnxGraph& graph, const onnx::NodeProto& node, HostOperator& op,
                        const std::vector<const OnnxValue*>& operands) {
  if (operands.empty() || !is_integer(operands.front()->type)) return false;
  const ElementType type = operands.front()->type;
  if (interpolates(op)) {
    graph.model().fail(node,
                       fmt::format("interpolates {}; accepted: the nearest, or real numbers", name_of(type)));
  }
  const bool is_narrow = bits_of(type) <= kNarrow, wraps = is_narrow && has_trait(op.type, host::kOverflows);
  if (!is_narrow && grows(op)) op.attributes.integers[host::kWholeBounds] = exact_bounds(type);
  if (has_trait(op.type, host::kFraction)) op.attributes.integers[host::kCutsFraction] = {1};
  if (!wraps) return false;
  if (bits_of(type) == kNarrow && (op.type == "Mul" || op.type == "Pow")) {
    graph.model().fail(node,
                       fmt::format("multiplies {}; accepted: integers of 8, 32 and 64 bits", name_of(type)));
  }
  Spelling words(graph, node);
  std::vector<OnnxValue> values;
  values.reserve(operands.size());
  for (const OnnxValue* operand : operands) values.push_back(*operand);
  const OnnxValue result = words.step(op.type.c_str(), values, op.attributes);
  words.result(wrapped(words, result, type), type);
  return true;
}

namespace {

/// x times or over 2^n; what is beyond the type's bits, or below 1, is lost.
void bit_shift(OnnxGraph& graph, const onnx::NodeProto& node) {
  OnnxValue x = graph.value(node, 0);
  const ElementType type = std::exchange(x.type, onnx::TensorProto::FLOAT);
  const std::string direction = string_attribute(node, "direction", "");
  if (direction != "LEFT" && direction != "RIGHT")
    graph.model().fail(node, fmt::format("direction is '{}'; accepted: LEFT, RIGHT", direction));
  OnnxValue exponent = graph.value(node, 1);
  exponent.type = onnx::TensorProto::FLOAT;
  Spelling words(graph, node);
  const OnnxValue factor = words.step("Pow", {Spelling::number(2), exponent});
  const OnnxValue result = direction == "LEFT" ? wrapped(words, words.step("Mul", {x, factor}), type)
                                               : words.step("Floor", {words.step("Div", {x, factor})});
  words.result(result, type);
}

/// All ones less x: -1 of a signed type.
void bitwise_not(OnnxGraph& graph, const onnx::NodeProto& node) {
  const OnnxValue x = graph.value(node, 0);
  if (!is_signed(x.type) && bits_of(x.type) > kNarrow) {
    graph.model().fail(
        node, fmt::format("inverts all bits of {}; accepted: signed integers, or others of up to {} bits",
                          name_of(x.type), kNarrow));
  }
  const float ones = is_signed(x.type) ? -1 : std::ldexp(1.0F, bits_of(x.type)) - 1;
  Spelling words(graph, node);
  words.result(words.step("Sub", {Spelling::number(ones), x}), x.type);
}

}  // namespace

OnnxHandlers bit_handlers() {
  return {{"BitShift", bit_shift}, {"BitwiseNot", bitwise_not}};
}

}  // namespace bitbalance::onnx_io
