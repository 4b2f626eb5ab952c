// Files that are quantized already are imported as the real numbers that they stand for: against what the
// standard makes of their integers.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>

#include "quant/eval/evaluator.h"
#include "quant/method/calibration.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/support/check_near.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

std::string bytes_of(const std::vector<int>& values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

/// A convolution 1x1 of integers with all that its quantized forms need, drawn at random.
struct RandomConv {
  int inputs, outputs, pixels;
  std::vector<int> x, w, bias, w_zero;
  float x_scale, y_scale;
  Floats w_scale;
  int x_zero, y_zero;

  explicit RandomConv(std::mt19937& random) {
    const auto draw = [&](int least, int most) {
      return std::uniform_int_distribution<int>(least, most)(random);
    };
    const auto scale = [&] { return std::uniform_real_distribution<float>(0.01F, 0.2F)(random); };
    inputs = draw(1, 5);
    outputs = draw(1, 4);
    pixels = draw(1, 4);
    for (int i = 0; i < inputs * pixels; ++i) x.push_back(draw(0, 255));
    for (int i = 0; i < inputs * outputs; ++i) w.push_back(draw(-128, 127));
    for (int i = 0; i < outputs; ++i) bias.push_back(draw(-30000, 30000) * draw(1, 2000));
    const bool per_channel = draw(0, 1) == 1;
    for (int i = 0; i < (per_channel ? outputs : 1); ++i) {
      w_scale.push_back(scale());
      w_zero.push_back(draw(0, 1) * draw(-20, 20));
    }
    x_scale = scale();
    y_scale = scale() * 30;
    x_zero = draw(0, 255);
    y_zero = draw(0, 1) * draw(0, 255);
  }

  /// The numbers that the standard's integers stand for, before the result is rounded.
  Floats numbers() const {
    Floats result;
    for (int o = 0; o < outputs; ++o) {
      const std::size_t of = w_scale.size() == 1 ? 0 : o;
      for (int p = 0; p < pixels; ++p) {
        double sum = bias[o];
        for (int i = 0; i < inputs; ++i)
          sum += static_cast<double>(x[i * pixels + p] - x_zero) * (w[o * inputs + i] - w_zero[of]);
        const double y = sum * x_scale * w_scale[of];
        const double low = -y_zero * double{y_scale}, high = (255 - y_zero) * double{y_scale};
        result.push_back(static_cast<float>(std::clamp(y, low, high)));
      }
    }
    return result;
  }
  Floats image() const {
    Floats result;
    for (const int value : x) result.push_back(static_cast<float>(value - x_zero) * x_scale);
    return result;
  }

  OnnxBuilder begin() const {
    OnnxBuilder model({1, inputs, 1, pixels});
    const Ints channels = {static_cast<std::int64_t>(w_scale.size())};
    const Ints of_scales = w_scale.size() == 1 ? Ints{} : channels;
    model.constant("xs", {}, {x_scale}).constant("ws", of_scales, w_scale).constant("ys", {}, {y_scale});
    model.raw_constant("xz", onnx::TensorProto::UINT8, {}, bytes_of({x_zero}));
    model.raw_constant("yz", onnx::TensorProto::UINT8, {}, bytes_of({y_zero}));
    model.raw_constant("wz", onnx::TensorProto::INT8, of_scales, bytes_of(w_zero));
    model.raw_constant("w", onnx::TensorProto::INT8, {outputs, inputs, 1, 1}, bytes_of(w));
    std::string sums(bias.size() * sizeof(int), '\0');
    std::copy_n(reinterpret_cast<const char*>(bias.data()), sums.size(), sums.begin());
    model.raw_constant("b", onnx::TensorProto::INT32, {outputs}, sums);
    return model;
  }
  OnnxBuilder qlinear() const {
    OnnxBuilder model = begin();
    model.node("QuantizeLinear", {"x", "xs", "xz"}, "xq");
    model.node("QLinearConv", {"xq", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"}, "yq");
    model.node("DequantizeLinear", {"yq", "ys", "yz"}, "y");
    return model;
  }
  OnnxBuilder qdq() const {
    OnnxBuilder model = begin();
    Floats scales;
    for (const float scale : w_scale) scales.push_back(scale * x_scale);
    model.constant("bs", w_scale.size() == 1 ? Ints{} : Ints{outputs}, scales);
    model.node("QuantizeLinear", {"x", "xs", "xz"}, "xq");
    model.node("DequantizeLinear", {"xq", "xs", "xz"}, "xr");
    set_attribute(model.node("DequantizeLinear", {"w", "ws", "wz"}, "wr"), "axis", std::int64_t{0});
    set_attribute(model.node("DequantizeLinear", {"b", "bs"}, "br"), "axis", std::int64_t{0});
    model.node("Conv", {"xr", "wr", "br"}, "c");
    model.node("QuantizeLinear", {"c", "ys", "yz"}, "yq");
    model.node("DequantizeLinear", {"yq", "ys", "yz"}, "y");
    return model;
  }
};

void check_random(int cases, std::uint32_t seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < cases; ++i) {
    const RandomConv conv(random);
    CAPTURE(seed, i);
    for (const OnnxBuilder& model : {conv.qlinear(), conv.qdq()}) {
      const Network network = model.import();
      // The convolution and what it saturates to; where it is not around zero, what the input saturates to.
      CHECK(network.nodes.size() == (conv.x_zero == 127 || conv.x_zero == 128 ? 2 : 3));
      check_near(Evaluator(network).run(conv.image()), conv.numbers(), 1e-3);
    }
  }
}

}  // namespace

TEST_CASE("quantized convolutions in both spellings are the real ones that their integers stand for") {
  check_random(50, 1);
}

TEST_CASE("many quantized convolutions in both spellings", "[.long]") {
  for (std::uint32_t seed = 2; seed < 40; ++seed) check_random(100, seed);
}

TEST_CASE("the file's ranges become the calibration, and a Quantize that swallowed a Relu clips") {
  OnnxBuilder model({1, 1, 1, 2});
  model.constant("s", {}, {0.5F}).constant("ys", {}, {0.1F}).constant("w", {1, 1, 1, 1}, {1});
  model.raw_constant("z", onnx::TensorProto::INT8, {}, bytes_of({0}));
  model.raw_constant("yz", onnx::TensorProto::UINT8, {}, bytes_of({0}));
  model.node("QuantizeLinear", {"x", "s", "z"}, "xq");
  model.node("DequantizeLinear", {"xq", "s", "z"}, "xr");
  model.node("Conv", {"xr", "w"}, "c");
  model.node("QuantizeLinear", {"c", "ys", "yz"}, "yq");
  model.node("MaxPool", {"yq"}, "pooled");
  set_attribute(*model.graph().mutable_node(4), "kernel_shape", Ints{1, 2});
  model.node("DequantizeLinear", {"pooled", "ys", "yz"}, "y");
  const Network network = model.import();
  CHECK(Evaluator(network).run({-3, -2}) == Floats{0});
  CHECK(Evaluator(network).run({-3, 100}) == Floats{25.5F});

  const method::Calibration calibration = method::calibrate(network, {{-1, 2}});
  CHECK(calibration.from_file == 2);
  const method::ValueRange input = calibration.ranges.at("x");
  CHECK(input.min == -64);
  CHECK(input.max == 63.5F);
  const method::ValueRange& clipped = calibration.ranges.at("yq (saturated)");
  CHECK(clipped.min == 0);
  CHECK(clipped.max == Approx(25.5));
}

TEST_CASE("the input has the file's range, around zero or not, if a Quantize alone reads it") {
  const auto model = [](int zero, bool is_read_twice) {
    OnnxBuilder m({1, 1, 1, 2});
    m.constant("s", {}, {0.5F}).constant("w", {1, 1, 1, 1}, {1});
    m.raw_constant("z", onnx::TensorProto::UINT8, {}, bytes_of({zero}));
    m.node("Identity", {"x"}, "same");
    m.node("QuantizeLinear", {is_read_twice ? "same" : "x", "s", "z"}, "q");
    m.node("DequantizeLinear", {"q", "s", "z"}, "r");
    m.node("Conv", {"r", "w"}, is_read_twice ? "c" : "y");
    if (is_read_twice) m.node("Add", {"c", "same"}, "y");
    if (!is_read_twice) m.graph().mutable_node()->DeleteSubrange(0, 1);
    return m.import();
  };
  for (const int zero : {0, 100, 128}) {
    CAPTURE(zero);
    const float low = -0.5F * static_cast<float>(zero), high = 127.5F + low;
    const Network network = model(zero, false);
    CHECK(Evaluator(network).run({-200, 200}) == Floats{low, high});
    const method::Calibration calibration = method::calibrate(network, {{-1, 2}});
    CHECK(calibration.from_file == 1);
    CHECK(calibration.ranges.at("x").min == low);
    CHECK(calibration.ranges.at("x").max == high);
    CHECK(Evaluator(model(zero, true)).run({-200, 200}) == Floats{low - 200, high + 200});
  }
}

TEST_CASE("a Quantize costs nothing where the values are within its range anyhow") {
  OnnxBuilder model({1, 1, 1, 2});
  model.constant("s", {}, {0.5F}).constant("w", {1, 1, 1, 1}, {1});
  model.raw_constant("z", onnx::TensorProto::INT8, {}, bytes_of({0}));
  for (const char* name : {"first", "second"}) {
    const std::string n = name;
    const std::string from = n == "first" ? "x" : "first";
    model.node("QuantizeLinear", {from, "s", "z"}, n + "q");
    model.node("DequantizeLinear", {n + "q", "s", "z"}, n + "r");
    set_attribute(model.node("MaxPool", {n + "r"}, n), "kernel_shape", Ints{1, 1});
  }
  model.node("QuantizeLinear", {"second", "s", "z"}, "q");
  model.node("DequantizeLinear", {"q", "s", "z"}, "y");
  for (const Node& node : model.import().nodes) CHECK(node.op == Op::kMaxPool);
}

TEST_CASE("an input saturates for those that read its integers alone") {
  OnnxBuilder model({1, 2});
  model.constant("s", {}, {0.5F}).raw_constant("z", onnx::TensorProto::UINT8, {}, bytes_of({0}));
  model.node("QuantizeLinear", {"x", "s", "z"}, "q");
  model.node("DequantizeLinear", {"q", "s", "z"}, "r");
  model.node("Add", {"x", "r"}, "y");
  CHECK(model.run({-3, 2}) == Floats{-3, 4});
}

TEST_CASE("a product of constant integers is refused or computed, as its operands allow") {
  OnnxBuilder model({1, 2});
  model.raw_constant("a", onnx::TensorProto::UINT8, {1, 2}, bytes_of({1, 2}));
  model.raw_constant("b", onnx::TensorProto::INT8, {2, 1}, bytes_of({1, 2}));
  model.node("MatMulInteger", {"a", "b"}, "product");
  model.cast("product", "c", onnx::TensorProto::FLOAT);
  model.node("Add", {"x", "c"}, "y");
  CHECK_THAT(model.refusal(), Contains("(MatMulInteger): input 'a'"));
}

TEST_CASE("integers of the file's input are numbers after DequantizeLinear") {
  OnnxBuilder model({1, 2, 1, 1});
  model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::UINT8);
  model.constant("s", {}, {0.5F}).raw_constant("z", onnx::TensorProto::UINT8, {}, bytes_of({128}));
  model.node("DequantizeLinear", {"x", "s", "z"}, "y");
  CHECK(model.run({0, 255}) == Floats{-64, 63.5F});
}

TEST_CASE("weights of four bits in blocks are dequantized") {
  OnnxBuilder model({1, 4}, 21);
  model.raw_constant("q", 22, {4, 2}, "\x21\x43\xFE\x70");  // INT4: 1 2, 3 4, -2 -1, 0 7
  model.constant("s", {2, 2}, {1, 10, 100, 1000});
  onnx::NodeProto& dequantize = model.node("DequantizeLinear", {"q", "s"}, "w");
  set_attribute(dequantize, "axis", std::int64_t{0});
  set_attribute(dequantize, "block_size", std::int64_t{2});
  model.node("MatMul", {"x", "w"}, "y");
  CHECK(model.run({1, 0, 0, 0}) == Floats{1, 20});
  CHECK(model.run({0, 1, 0, 0}) == Floats{3, 40});
  CHECK(model.run({0, 0, 1, 0}) == Floats{-200, -1000});
  CHECK(model.run({0, 0, 0, 1}) == Floats{0, 7000});
}

TEST_CASE("products of integers whose scale is measured are products of the numbers") {
  for (const bool is_conv : {false, true}) {
    OnnxBuilder model(is_conv ? Ints{1, 2, 1, 1} : Ints{1, 2});
    const Ints dims = is_conv ? Ints{2, 2, 1, 1} : Ints{2, 2};
    model.raw_constant("w", onnx::TensorProto::INT8, dims, bytes_of({1, 2, 3, 4}));
    model.raw_constant("wz", onnx::TensorProto::INT8, {}, bytes_of({1})).constant("ws", {}, {0.25F});
    onnx::NodeProto& measure = model.node("DynamicQuantizeLinear", {"x"}, "q");
    measure.add_output("s");
    measure.add_output("z");
    model.node(is_conv ? "ConvInteger" : "MatMulInteger", {"q", "w", "z", "wz"}, "sums");
    model.cast("sums", "real", onnx::TensorProto::FLOAT);
    model.node("Mul", {"s", "ws"}, "scale");
    model.node("Mul", {"real", "scale"}, "y");
    // (w - 1) / 4 = 0, 1, 2, 3 quarters; a convolution has it [out][in], a product [in][out].
    CHECK(model.run({4, 8}) == (is_conv ? Floats{2, 8} : Floats{4, 7}));
    CHECK(model.import().nodes.size() == 2);
    model.graph().mutable_node(4)->set_input(1, "ws");
    CHECK_THAT(model.refusal(), Contains("output 'y' has a scale that is measured for every image"));
  }
}

TEST_CASE("operators that work on integers get the integers themselves") {
  OnnxBuilder model({1, 2});
  model.constant("s", {}, {0.5F});
  model.node("QuantizeLinear", {"x", "s"}, "q");
  set_attribute(model.node("Concat", {"q", "q"}, "twice"), "axis", std::int64_t{1});
  set_attribute(model.node("Concat", {"q", "twice"}, "thrice"), "axis", std::int64_t{1});
  model.node("DequantizeLinear", {"thrice", "s"}, "y");
  CHECK(model.run({1.2F, -3}) == Floats{1, 0, 1, 0, 1, 0});
  const Network network = model.import();
  CHECK(std::count_if(network.nodes.begin(), network.nodes.end(), [](const Node& node) {
          return node.op == Op::kHost && node.host.steps.front().type == "Round";
        }) == 1);
  OnnxBuilder output({1, 3});
  output.constant("s", {}, {0.5F}).raw_constant("z", onnx::TensorProto::UINT8, {}, bytes_of({4}));
  output.node("QuantizeLinear", {"x", "s", "z"}, "y");
  output.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::UINT8);
  CHECK(output.run({1.2F, -3, 500}) == Floats{6, 0, 255});
}

TEST_CASE("integers that are an output, too, change nothing of what is made of them") {
  OnnxBuilder model({1, 1, 1, 2});
  model.constant("s", {}, {0.5F}).constant("w", {1, 1, 1, 1}, {3});
  model.raw_constant("z", onnx::TensorProto::INT8, {}, bytes_of({0}));
  model.node("Conv", {"x", "w"}, "c");
  model.node("QuantizeLinear", {"c", "s", "z"}, "q");
  model.node("DequantizeLinear", {"q", "s", "z"}, "r");
  model.node("Conv", {"r", "w"}, "y");
  const Floats image = {0.4F, -30};
  const Floats alone = model.run(image);
  onnx::ValueInfoProto& output = *model.graph().add_output();
  output.set_name("q");
  output.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::INT8);
  const Network network = model.import();
  Evaluator evaluator(network);
  CHECK(evaluator.run(image) == alone);
  CHECK(evaluator.values(network.outputs.at(1).tensor) == Floats{2, -128});
}

TEST_CASE("integers are not the numbers of another scale") {
  OnnxBuilder differs({1, 2});
  differs.constant("s", {}, {0.5F}).constant("other", {}, {0.25F});
  differs.node("QuantizeLinear", {"x", "s"}, "q");
  differs.node("DequantizeLinear", {"q", "other"}, "y");
  CHECK_THAT(differs.refusal(), Contains("scale 0.25 and zero point 0 of integers made with 0.5 and 0"));
}
