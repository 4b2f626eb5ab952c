#include "tests/quant/onnx/random/random_quantized.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

namespace bitbalance::test {
namespace {

using Dims = std::vector<std::int64_t>;
using Tensor = ReferenceTensor;

/// Integers of eight bits and the scales and zero points that they have, along one axis.
struct Quantized {
  Tensor integers;
  std::vector<double> scales, zeros;  ///< one, or one for each index of the axis
  std::size_t axis = 0;

  std::size_t index(std::size_t element) const {
    if (scales.size() == 1) return 0;
    std::int64_t inner = 1;
    for (std::size_t d = axis + 1; d < integers.dims.size(); ++d) inner *= integers.dims[d];
    return static_cast<std::size_t>(static_cast<std::int64_t>(element) / inner % integers.dims[axis]);
  }
  /// What they stand for, in units of the scales if they are left out.
  Tensor numbers(bool has_scales = true) const {
    Tensor result = integers;
    for (std::size_t i = 0; i < result.values.size(); ++i)
      result.values[i] = (integers.values[i] - zeros[index(i)]) * (has_scales ? scales[index(i)] : 1);
    return result;
  }
};

class Maker {
 public:
  Maker(const std::string& op, std::int64_t opset, std::mt19937& random)
      : op_(op), opset_(opset), random_(random), model_({1}, opset) {}

  RandomOperator make() {
    node_.set_name("tested");
    node_.set_op_type(op_);
    node_.add_output("t");
    table().at(op_)(*this);
    return finish();
  }

  static const std::map<std::string, std::function<void(Maker&)>>& table() {
    static const std::map<std::string, std::function<void(Maker&)>> makers = {
        {"ConvInteger", [](Maker& m) { m.product(true, false); }},
        {"DequantizeLinear", &Maker::dequantize},
        {"DynamicQuantizeLinear", &Maker::measure},
        {"MatMulInteger", [](Maker& m) { m.product(false, false); }},
        {"QLinearConv", [](Maker& m) { m.product(true, true); }},
        {"QLinearMatMul", [](Maker& m) { m.product(false, true); }},
        {"QuantizeLinear", &Maker::quantize},
    };
    return makers;
  }

 private:
  std::int64_t draw(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  bool chance() { return draw(0, 1) == 1; }
  /// Exact in single precision.
  double scale() { return std::uniform_real_distribution<float>(0.01F, 0.2F)(random_); }
  Dims extents() {
    Dims dims(draw(1, 4));
    for (std::int64_t& extent : dims) extent = draw(1, 4);
    return dims;
  }

  // Constants; all add an input.
  void floats(const std::string& name, const Dims& dims, const std::vector<double>& values) {
    model_.constant(name, dims, {values.begin(), values.end()});
    node_.add_input(name);
  }
  void integers(const std::string& name, int type, const Dims& dims, const std::vector<double>& values) {
    std::string bytes;
    for (const double value : values) {
      const auto integer = static_cast<std::int32_t>(value);
      bytes.append(reinterpret_cast<const char*>(&integer), type == onnx::TensorProto::INT32 ? 4 : 1);
    }
    model_.raw_constant(name, type, dims, bytes);
    node_.add_input(name);
  }
  Tensor drawn(const Dims& dims, std::int64_t least, std::int64_t most) {
    Tensor t{dims, {}};
    const std::int64_t count =
        std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
    for (std::int64_t i = 0; i < count; ++i) t.values.push_back(static_cast<double>(draw(least, most)));
    return t;
  }

  /// The model's input, whose elements are integers, as integers without a sign: an input of the node.
  Quantized activation(const Dims& dims) {
    Quantized x;
    x.integers = drawn(dims, 0, 255);
    x.scales = {scale()};
    x.zeros = {static_cast<double>(draw(0, 255))};
    image_ = x.integers;
    set_attribute(model_.node("Cast", {"x"}, "q"), "to", std::int64_t{onnx::TensorProto::UINT8});
    node_.add_input("q");
    return x;
  }
  Quantized weights(const Dims& dims, std::size_t axis, bool may_spread) {
    Quantized w;
    w.integers = drawn(dims, -128, 127);
    w.axis = axis;
    const std::int64_t count = may_spread && chance() ? dims[axis] : 1;
    for (std::int64_t i = 0; i < count; ++i) {
      w.scales.push_back(scale());
      w.zeros.push_back(static_cast<double>(draw(0, 1) * draw(-20, 20)));
    }
    return w;
  }

  void quantize() {
    image_ = drawn(extents(), -1000, 1000);
    for (double& value : image_.values) value = static_cast<float>(value / 130);
    node_.add_input("x");
    const double s = scale();
    floats("s", {}, {s});
    double zero = 0, least = 0, most = 255;
    if (chance()) {
      const bool is_signed = chance();
      least = is_signed ? -128 : 0, most = least + 255;
      zero = static_cast<double>(draw(0, 255)) + least;
      integers("z", is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8, {}, {zero});
    }
    expected_ = rounded(image_, s, zero, least, most);
    is_integer_ = true;
  }
  static Tensor rounded(const Tensor& numbers, double scale, double zero, double least, double most) {
    Tensor result = numbers;
    for (double& value : result.values) value = std::clamp(std::nearbyint(value / scale) + zero, least, most);
    return result;
  }

  void dequantize() {
    Quantized x = activation(extents());
    floats("s", {}, x.scales);
    if (chance()) {
      integers("z", onnx::TensorProto::UINT8, {}, x.zeros);
    } else {
      x.zeros = {0};
    }
    expected_ = x.numbers();
  }

  /// From 0 to 255, so that the scale that is measured is 1 and nothing is rounded.
  void measure() {
    Dims dims = extents();
    dims.back() += 1;
    image_ = drawn(dims, 0, 255);
    image_.values.front() = 0;
    image_.values.back() = 255;
    node_.add_input("x");
    node_.add_output("s");
    node_.add_output("z");
    expected_ = image_;
    is_integer_ = is_measured_ = true;
  }

  void product(bool is_conv, bool has_scales) {
    const std::int64_t inputs = draw(1, 3), outputs = draw(1, 3);
    onnx::NodeProto real;
    Quantized x = activation(is_conv ? Dims{1, inputs, draw(3, 5), draw(3, 5)} : Dims{1, draw(1, 3), inputs});
    real.set_op_type(is_conv ? "Conv" : "MatMul");
    if (has_scales) add_scales("x", x, onnx::TensorProto::UINT8);
    const Dims dims = is_conv ? Dims{outputs, inputs, draw(1, 3), draw(1, 3)} : Dims{inputs, outputs};
    Quantized w = weights(dims, is_conv ? 0 : 1, is_conv && has_scales);
    integers("w", onnx::TensorProto::INT8, dims, w.integers.values);
    if (has_scales) {
      add_scales("w", w, onnx::TensorProto::INT8);
    } else if (chance()) {
      integers("xz", onnx::TensorProto::UINT8, {}, x.zeros);
      integers("wz", onnx::TensorProto::INT8, {}, w.zeros);
    } else {
      x.zeros = w.zeros = {0};
    }
    if (is_conv) {
      set_attribute(real, "pads", Dims{draw(0, 1), draw(0, 1), draw(0, 1), draw(0, 1)});
      set_attribute(real, "strides", Dims{draw(1, 2), draw(1, 2)});
    }
    *node_.mutable_attribute() = real.attribute();
    const Tensor a = x.numbers(has_scales), b = w.numbers(has_scales);
    Tensor bias{{outputs}, std::vector<double>(static_cast<std::size_t>(outputs), 0)};
    const double y_scale = scale() * 64, y_zero = static_cast<double>(draw(0, 255));
    if (has_scales) {
      floats("ys", {}, {y_scale});
      integers("yz", onnx::TensorProto::UINT8, {}, {y_zero});
    }
    if (is_conv && has_scales && chance()) {
      const Tensor sums = drawn({outputs}, -30000, 30000);
      integers("b", onnx::TensorProto::INT32, {outputs}, sums.values);
      for (std::size_t m = 0; m < bias.values.size(); ++m)
        bias.values[m] = sums.values[m] * x.scales[0] * w.scales[w.scales.size() == 1 ? 0 : m];
    }
    std::vector<const Tensor*> operands = {&a, &b};
    if (is_conv) operands.push_back(&bias);
    expected_ = reference(real, opset_, operands)[0];
    if (has_scales) expected_ = rounded(expected_, y_scale, y_zero, 0, 255);
    is_integer_ = true;
  }
  void add_scales(const std::string& name, const Quantized& of, int type) {
    const Dims dims = of.scales.size() == 1 ? Dims{} : Dims{static_cast<std::int64_t>(of.scales.size())};
    floats(name + "s", dims, of.scales);
    integers(name + "z", type, dims, of.zeros);
  }

  RandomOperator finish() {
    auto& shape = *model_.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
    shape.clear_dim();
    for (const std::int64_t dim : image_.dims) shape.add_dim()->set_dim_value(dim);
    *model_.graph().add_node() = node_;
    std::string last = "t";
    if (is_integer_) {
      set_attribute(model_.node("Cast", {last}, "f"), "to", std::int64_t{onnx::TensorProto::FLOAT});
      last = "f";
    }
    if (is_measured_) {
      model_.node("Mul", {last, "s"}, "m");
      last = "m";
    }
    model_.node("Neg", {last}, "y");
    for (double& value : expected_.values) value = -value;
    model_.output_rank(static_cast<int>(expected_.dims.size()));
    return {model_, {image_.values.begin(), image_.values.end()}, expected_, false};
  }

  std::string op_;
  std::int64_t opset_;
  std::mt19937& random_;
  OnnxBuilder model_;
  onnx::NodeProto node_;
  Tensor image_, expected_;
  bool is_integer_ = false;   ///< the result: it is cast for the comparison
  bool is_measured_ = false;  ///< and multiplied with its scale
};

}  // namespace

bool is_quantized_operator(const std::string& op) {
  return Maker::table().count(op) != 0;
}

RandomOperator random_quantized(const std::string& op, std::int64_t opset, std::mt19937& random) {
  return Maker(op, opset, random).make();
}

}  // namespace bitbalance::test
