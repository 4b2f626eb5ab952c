// Operators of each element.

#include <map>
#include <utility>

#include "tests/quant/onnx/random/operator_maker.h"

namespace bitbalance::test {

using Types = onnx::TensorProto;

using onnx_reference::volume;

void OperatorMaker::unary() {
  static const std::map<std::string, std::pair<double, double>> ranges = {
      {"Acos", {-1, 1}}, {"Acosh", {1, 3}},        {"Asin", {-1, 1}},  {"Atanh", {-0.9, 0.9}},
      {"Log", {0.1, 3}}, {"Reciprocal", {0.1, 3}}, {"Sqrt", {0.1, 3}}, {"Tan", {-1.2, 1.2}}};
  const auto range = ranges.find(op_);
  const auto [low, high] = range == ranges.end() ? std::make_pair(-2.0, 2.0) : range->second;
  if (op_ == "Cast" && chance(4)) {
    cast_to_unsigned();
    return;
  }
  input(values(extents(integer(1, 4)), low, high));
  if (op_ == "Cast") set("to", std::int64_t{onnx::TensorProto::FLOAT});
  for (const char* name : {"alpha", "beta", "bias", "gamma", "lambd"}) maybe(name, small());
}

/// What a negative integer becomes is beyond what floats tell apart.
void OperatorMaker::cast_to_unsigned() {
  whole_image(extents(integer(1, 4)), one_of<std::int64_t>({Types::INT8, Types::INT32, Types::INT64}),
              chance() ? -3 : 0, 100);
  set("to", one_of<std::int64_t>({Types::UINT32, Types::UINT64}));
  is_wide_ = is_unsigned_ = true;
}

void OperatorMaker::image() {
  input(values({1, integer(1, 4), integer(1, 5), integer(1, 5)}));
}

void OperatorMaker::combine() {
  const bool is_power = op_ == "Pow", is_quotient = op_ == "Div";
  const Dims dims = extents(integer(1, 4));
  Dims other = dims;
  const bool broadcasts = opset_ >= 8 || (op_ != "Max" && op_ != "Mean" && op_ != "Min" && op_ != "Sum");
  if (broadcasts) {
    other.erase(other.begin(), other.begin() + integer(0, static_cast<std::int64_t>(other.size())));
    for (std::int64_t& extent : other) extent = chance(3) ? 1 : extent;
  }
  if (dims.size() == 4 && chance() && broadcasts && dims[0] == 1) other = {dims[1], 1, 1};
  if ((op_ == "Add" || op_ == "Sub" || op_ == "Mul") && chance(4)) {
    wide_integers(dims, other);
    return;
  }
  const auto operand = [&](const Dims& of) {
    return is_power || is_quotient ? values(of, 0.3, 3) : values(of);
  };
  const bool is_first = op_ != "PRelu" && chance(3);
  if (is_first) floats(operand(other));
  input(operand(dims));
  if (!is_first) floats(operand(other));
  const bool is_variadic = op_ == "Max" || op_ == "Mean" || op_ == "Min" || op_ == "Sum";
  if (is_variadic && chance()) floats(operand(dims));
  is_truth_ = op_.rfind("Equal") != std::string::npos || op_ == "Greater" || op_ == "Less";
}

/// Some results are beyond what floats tell apart.
void OperatorMaker::wide_integers(const Dims& dims, const Dims& other) {
  constexpr std::int64_t kExact = std::int64_t{1} << 24, kFew = 4000;
  const auto type = one_of<std::int64_t>({Types::INT32, Types::INT64, Types::UINT32});
  is_unsigned_ = type == Types::UINT32;
  const std::int64_t most = chance() ? kExact : kFew, factor = op_ == "Mul" ? 2 : kFew;
  whole_image(dims, type, is_unsigned_ ? 0 : -most, most);
  whole_constant(other, type, is_unsigned_ ? 0 : -factor, factor);
  is_wide_ = true;
}

void OperatorMaker::logic() {
  Tensor x = values(extents(integer(1, 4)));
  for (double& value : x.values) value = chance() ? 0 : value;
  Tensor truth = x;
  for (double& value : truth.values) value = value == 0 ? 0 : 1;
  input(std::move(x));
  numbers_ = std::move(inputs_.back());  // image_ is of them
  inputs_.back() = std::make_unique<Tensor>(truth);
  node_.set_input(0, "truth");
  constants_.push_back([](OnnxBuilder& model) {
    set_attribute(model.node("Cast", {"x"}, "truth"), "to", std::int64_t{onnx::TensorProto::BOOL});
  });
  is_truth_ = true;
  if (op_ == "Not") return;
  for (double& value : truth.values) value = static_cast<double>(integer(0, 1));
  constants_.push_back([name = next(), truth](OnnxBuilder& model) {
    std::string bytes;
    for (const double value : truth.values) bytes += static_cast<char>(value != 0);
    model.raw_constant(name, onnx::TensorProto::BOOL, truth.dims, bytes);
  });
  node_.add_input(next());
  inputs_.push_back(std::make_unique<Tensor>(std::move(truth)));
}

/// Of a quotient by 0, 1 or another number.
void OperatorMaker::infinities() {
  const Dims dims = extents(integer(1, 4));
  Tensor numbers = values(dims), divisors = numbers;
  for (double& value : divisors.values) value = static_cast<double>(integer(0, 1));
  for (double& value : numbers.values) value = chance(4) ? 0 : value;
  Tensor quotients = numbers;
  for (std::size_t i = 0; i < numbers.values.size(); ++i) quotients.values[i] /= divisors.values[i];
  input(std::move(numbers));
  numbers_ = std::move(inputs_.back());  // image_ is of them
  inputs_.back() = std::make_unique<Tensor>(std::move(quotients));
  node_.set_input(0, "quotient");
  constants_.push_back([divisors](OnnxBuilder& model) {
    model.constant("divisor", divisors.dims, {divisors.values.begin(), divisors.values.end()});
    model.node("Div", {"x", "divisor"}, "quotient");
  });
  maybe("detect_negative", integer(0, 1));
  maybe("detect_positive", integer(0, 1));
  is_truth_ = true;
}

void OperatorMaker::modulo() {
  const Dims dims = extents(integer(1, 4));
  input(values(dims, -6, 6));
  floats(chance() ? values(dims, 0.5, 3) : values({1}, -3, -0.5));
  set("fmod", std::int64_t{1});
}

void OperatorMaker::cast_like() {
  input(values(extents(integer(1, 4))));
  floats(values({1}));
}

void OperatorMaker::gelu() {
  input(values(extents(integer(1, 4))));
  if (chance()) set("approximate", one_of<std::string>({"none", "tanh"}));
}

void OperatorMaker::where() {
  const Dims dims = extents(integer(1, 4));
  Dims truth = dims;
  for (std::int64_t& extent : truth) extent = chance(3) ? 1 : extent;
  Dims bits(volume(truth));
  for (std::int64_t& bit : bits) bit = integer(0, 1);
  constants_.push_back([bits, truth](OnnxBuilder& model) {
    onnx::TensorProto& tensor = *model.graph().add_initializer();
    tensor.set_name("c0");
    tensor.set_data_type(onnx::TensorProto::BOOL);
    tensor.mutable_dims()->Assign(truth.begin(), truth.end());
    for (const std::int64_t bit : bits) tensor.add_int32_data(static_cast<std::int32_t>(bit));
  });
  node_.add_input("c0");
  inputs_.push_back(std::make_unique<Tensor>(Tensor{truth, {bits.begin(), bits.end()}}));
  input(values(dims));
  floats(values(dims));
}

void OperatorMaker::dropout() {
  input(values(extents(integer(1, 4))));
  maybe("ratio", 0.25F);
  maybe("seed", integer(0, 9));
  if (opset_ >= 12 && chance()) {
    if (chance()) {
      floats(Tensor{{}, {0.5F}});
    } else {
      none();
    }
    is_training_ = chance(3);
    const bool truth = is_training_;
    constants_.push_back([truth](OnnxBuilder& model) {
      onnx::TensorProto& tensor = *model.graph().add_initializer();
      tensor.set_name("c2");
      tensor.set_data_type(onnx::TensorProto::BOOL);
      tensor.add_int32_data(truth ? 1 : 0);
    });
    node_.add_input("c2");
    inputs_.push_back(std::make_unique<Tensor>(Tensor{{}, {truth ? 1.0 : 0.0}}));
  }
  if (chance()) node_.add_output("mask");
}

void OperatorMaker::clip() {
  input(values(extents(integer(1, 4))));
  const bool is_turned = chance(6);
  const float low = is_turned ? small() : -small(), high = is_turned ? -small() : small();
  if (opset_ < 11) {
    maybe("min", low);
    maybe("max", high);
    return;
  }
  if (chance()) {
    floats(Tensor{{}, {low}});
  } else {
    none();
  }
  if (chance()) floats(Tensor{{}, {high}});
}

}  // namespace bitbalance::test
