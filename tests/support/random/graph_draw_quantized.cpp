// Operators of quantized files in a random graph. All work on the model's input, whose elements are multiples
// of 2^-5 between -2 and 2, with scales of which all results are multiples: nothing is rounded, so that a
// runtime which computes on integers and a network of real numbers agree.
#include <algorithm>

#include "tests/support/random/graph_draw.h"

namespace bitbalance::test {

using Value = GraphDraw::Value;

namespace {

constexpr float kStep = 1.0F / 32;  ///< of the input

}  // namespace

std::string GraphDraw::bytes(int type, const Dims& dims, const std::vector<int>& values) {
  const std::string name = writer_.constant("integers", dims, std::vector<float>(values.size()));
  onnx::TensorProto& tensor = *writer_.graph().mutable_initializer(writer_.graph().initializer_size() - 1);
  tensor.set_data_type(type);
  std::string raw;
  for (const int value : values) {
    raw += static_cast<char>(value);
    for (int byte = 1; type == onnx::TensorProto::INT32 && byte < 4; ++byte)
      raw += static_cast<char>(value >> (8 * byte));
  }
  tensor.set_raw_data(raw);
  return name;
}

/// Now and then with a zero point that cuts off what is negative.
GraphDraw::Integers GraphDraw::quantized_input(bool as_image, bool is_measured) {
  Value from = as_image ? image(values_.front()) : matrix(values_.front());
  Integers made;
  made.dims = from.dims;
  if (is_measured) {  // -4 and 127/32 make the scale what it is elsewhere
    Dims ends = from.dims;
    ends.back() = 2;
    std::vector<float> bounds;
    for (std::int64_t i = 0; i < element_count(ends) / 2; ++i) bounds.insert(bounds.end(), {-4, 127 * kStep});
    made.dims.back() += 2;
    const std::string wide = node("Concat", {from.name, floats(ends, bounds)}, made.dims).name;
    set_attribute(last(), "axis", std::int64_t{from.rank() - 1});
    made.name = node("DynamicQuantizeLinear", {wide}, made.dims).name;
    values_.resize(values_.size() - 2);
    made.scale = writer_.unique("scale");
    made.zero = writer_.unique("zero");
    last().add_output(made.scale);
    last().add_output(made.zero);
    return made;
  }
  const bool is_signed = chance(0.5);
  made.type = is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8;
  made.scale = floats({}, {kStep});
  made.zero = bytes(made.type, {}, {is_signed ? 0 : chance(0.3) ? 0 : 128});
  made.name = node("QuantizeLinear", {from.name, made.scale, made.zero}, made.dims).name;
  values_.pop_back();  // no floats
  return made;
}

Value GraphDraw::dequantized(const Integers& integers, bool is_exact) {
  return node("DequantizeLinear", {integers.name, integers.scale, integers.zero}, integers.dims, is_exact);
}

/// A product of integers with small weights whose results are multiples of both scales' product.
Value GraphDraw::quantized(const std::string& op, const Value& from) {
  const bool is_conv = op == "QLinearConv" || op == "ConvInteger";
  const bool is_measured =
      op == "DynamicQuantizeLinear" || (has(11) && op.find("Integer") != std::string::npos && chance(0.5));
  Integers x = quantized_input(is_conv, is_measured);
  if (op == "QuantizeLinear" || op == "DequantizeLinear") {
    const Value numbers = dequantized(x, true);  // as good as the input itself
    return numbers.dims == from.dims ? node("Add", {from.name, numbers.name}, from.dims)
                                     : node("Neg", {numbers.name}, numbers.dims, true);
  }
  const std::int64_t outputs = uniform(1, 4), inputs = is_conv ? x.dims[1] : x.dims.back();
  const Dims extents = is_conv ? Dims{outputs, inputs, 1, 1} : Dims{inputs, outputs};
  const bool has_scales = op.rfind("QLinear", 0) == 0;
  const int type = has_scales ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8;
  const int weight_zero = has_scales ? 0 : 2;
  std::vector<int> weights(static_cast<std::size_t>(element_count(extents)));
  for (int& weight : weights) weight = weight_zero + uniform(-2, 2);
  const std::string w = bytes(type, extents, weights), zero = bytes(type, {}, {weight_zero});
  Integers y = x;
  (is_conv ? y.dims[1] : y.dims.back()) = outputs;
  if (has_scales) {
    const std::string scale = floats({}, {0.25F});
    y.scale = floats({}, {kStep / 4});
    std::vector<std::string> operands = {x.name, x.scale, x.zero, w, scale, zero, y.scale, y.zero};
    if (is_conv && chance(0.5)) {
      std::vector<int> bias(static_cast<std::size_t>(outputs));
      for (int& sum : bias) sum = uniform(-300, 300);
      operands.push_back(bytes(onnx::TensorProto::INT32, {outputs}, bias));
    }
    y.name = node(op, operands, y.dims).name;
    values_.pop_back();
    return dequantized(y, false);  // multiples of 2^-7 lie where exact ones jump
  }
  const std::string product = is_conv ? "ConvInteger" : "MatMulInteger";
  const std::string sums = node(product, {x.name, w, x.zero, zero}, y.dims).name;
  const std::string numbers = node("Cast", {sums}, y.dims).name;
  set_attribute(last(), "to", std::int64_t{onnx::TensorProto::FLOAT});
  values_.resize(values_.size() - 2);
  return node("Mul", {numbers, x.scale}, y.dims, true);
}

}  // namespace bitbalance::test
