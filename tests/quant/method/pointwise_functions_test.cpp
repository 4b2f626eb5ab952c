// Which operators become one function of each element, and the tables of functions.
#include "quant/method/layers/pointwise_functions.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "quant/eval/evaluator.h"
#include "quant/eval/integer_evaluator.h"
#include "quant/ir/integer_values.h"
#include "quant/method/calibration.h"
#include "quant/method/layers/host_placement.h"
#include "quant/method/layers/lookup_table.h"
#include "quant/method/quantizer.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/quant/method/same_values.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

std::vector<float> each(float value) {
  return std::vector<float>(2, value);
}

/// Of 2 x 3 x 3.
int conv(NetworkBuilder& builder, const std::string& name, int input) {
  return builder.conv(name, input, 2, square_window(1), random_values(4, 7), random_values(2, 8));
}

int hard_swish(NetworkBuilder& builder, int x) {
  const int gate = builder.clip("gate", builder.affine("shifted", x, each(1), each(3)), 0, 6);
  return builder.affine("swish", builder.host("product", {x, gate}, host_operator("Mul")), each(1 / 6.0F),
                        each(0));
}

int gelu(NetworkBuilder& builder, int x) {
  const int error = builder.host("erf", {builder.affine("scaled", x, each(std::sqrt(0.5F)), each(0))},
                                 host_operator("Erf"));
  const int product =
      builder.host("product", {x, builder.affine("shifted", error, each(1), each(1))}, host_operator("Mul"));
  return builder.affine("gelu", product, each(0.5F), each(0));
}

int lookups_of(const Network& network) {
  int count = 0;
  for (const Node& node : network.nodes) count += node.op == Op::kLookup ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("HardSwish and Gelu, as exporters spell them, are one function behind a convolution") {
  const bool is_gelu = GENERATE(false, true);
  NetworkBuilder builder({2, 3, 3});
  const int x = conv(builder, "conv", 0);
  const Network network =
      builder.build(conv(builder, "last", is_gelu ? gelu(builder, x) : hard_swish(builder, x)));
  const Network result = find_lookups(network);
  REQUIRE(result.nodes.size() == 3);
  CHECK(result.nodes[1].op == Op::kLookup);
  CHECK(result.nodes[1].input == x);
  check_same_values(network, result);
  check_same_values(network, lower_network(network, true));
  CHECK(lower_network(network, true).nodes.size() == 3);
  CHECK(lower_network(lower_network(network, true), true).nodes.size() == 3);
}

TEST_CASE("a clip or a factor ahead of a function stays with the convolution before it") {
  NetworkBuilder builder({2, 3, 3});
  const int clip = builder.relu("relu", builder.affine("scaled", conv(builder, "conv", 0), each(2), each(1)));
  const Network network = builder.build(builder.host("tanh", {clip}, host_operator("Tanh")));
  const Network result = find_lookups(network);
  REQUIRE(result.nodes.size() == 4);
  CHECK(result.nodes[3].input == clip);
  CHECK(result.nodes[3].host.steps.size() == 1);
}

TEST_CASE(
    "a clip behind a function belongs to its table, and who needs the value between gets a table of it") {
  NetworkBuilder builder({2, 3, 3});
  const int x = conv(builder, "conv", 0);
  const int tanh = builder.host("tanh", {x}, host_operator("Tanh"));
  const int clip = builder.relu("relu", tanh);
  const Network network =
      builder.build(builder.add("sum", conv(builder, "a", tanh), conv(builder, "b", clip)));
  const Network result = find_lookups(network);
  CHECK(lookups_of(result) == 2);
  check_same_values(network, result);
}

TEST_CASE("what is no continuous function of each element alone is no look-up") {
  NetworkBuilder builder({2, 3, 3});
  const int x = conv(builder, "conv", 0);
  const int floor = builder.host("floor", {x}, host_operator("Floor"));
  const int scaled = builder.affine("scaled", x, {1, 2}, {0, 0});  // another factor for each channel
  const int product = builder.host("product", {x, conv(builder, "other", floor)}, host_operator("Mul"));
  HostOperator softmax = host_operator("Softmax");
  const Network network = builder.build(
      builder.add("sum", builder.add("first", scaled, product), builder.host("softmax", {x}, softmax)));
  CHECK(lookups_of(find_lookups(network)) == 0);
}

TEST_CASE("a function beside operators of the host goes there with them") {
  NetworkBuilder builder({2, 3, 3});
  const int floor = builder.host("floor", {conv(builder, "conv", 0)}, host_operator("Floor"));
  const Network network =
      builder.build(conv(builder, "last", builder.host("tanh", {floor}, host_operator("Tanh"))));
  const Network result = lower_network(network, true);
  REQUIRE(result.nodes.size() == 3);
  CHECK(result.nodes[1].op == Op::kHost);
  check_same_values(network, result);
}

TEST_CASE("a chain of a thousand functions is cut into some") {
  NetworkBuilder builder({2, 3, 3});
  int x = conv(builder, "conv", 0);
  for (int i = 0; i < 1000; ++i) x = builder.host("tanh" + std::to_string(i), {x}, host_operator("Tanh"));
  const Network network = builder.build(x);
  const int count = lookups_of(find_lookups(network));
  CHECK(count > 10);
  CHECK(count < 100);
  check_same_values(network, find_lookups(network));
}

TEST_CASE("an 8-bit table has the nearest result of every code, of either sign") {
  NetworkBuilder builder({2, 3, 3});
  const Network network = find_lookups(builder.build(builder.host("tanh", {0}, host_operator("Tanh"))));
  QuantizedTensor code, result;
  code.is_signed = GENERATE(false, true);
  code.scale = 0.03;
  result.scale = 1.0 / 127;
  const std::vector<std::int16_t> table = make_table(network.nodes[0].host, code, result);
  REQUIRE(table.size() == 256);
  for (int q = range_of(code).low; q <= range_of(code).high; ++q)
    CHECK(table[q & 255] == std::lround(std::tanh(q * 0.03) * 127));
}

TEST_CASE("a 16-bit table has the function at the ends of its lines, and saturates") {
  NetworkBuilder builder({2, 3, 3});
  const Network network = find_lookups(builder.build(builder.host("elu", {0}, host_operator("Elu"))));
  QuantizedTensor code, result;
  code.bits = result.bits = 16;
  code.scale = result.scale = 1e-4;
  const std::vector<std::int16_t> table = make_table(network.nodes[0].host, code, result);
  REQUIRE(table.size() == 257);
  for (int i = 0; i < 128; ++i)
    CHECK(table[i] == Approx(std::expm1((256 * i - 32768) * 1e-4) * 1e4).margin(0.51));
  for (int i = 128; i < 256; ++i) CHECK(table[i] == 256 * i - 32768);
  CHECK(table[256] == 32767);
}

namespace {

/// A LeakyRelu; if it falls, its largest results are those of negative operands.
int leaky_relu(NetworkBuilder& builder, const std::string& name, int x, bool falls) {
  HostOperator op = host_operator("LeakyRelu");
  op.attributes.numbers["alpha"] = {falls ? -20.0F : 0.01F};
  return builder.host(name, {x}, op);
}

/// 1 x 1 x `count`, in equal steps.
std::vector<float> ramp(float low, float high, int count) {
  std::vector<float> values(count);
  for (int i = 0; i < count; ++i)
    values[i] = low + (high - low) * static_cast<float>(i) / static_cast<float>(count - 1);
  return values;
}

}  // namespace

TEST_CASE("the scale of a 16-bit function has room for the ends of all lines in use") {
  constexpr int kCount = 200;
  NetworkBuilder builder({1, 1, kCount});
  const bool falls = GENERATE(false, true);
  const auto place = GENERATE(0, 1, 2);
  const bool is_stated = GENERATE(false, true);  // the range, by the network's file
  CAPTURE(falls, place, is_stated);
  const int conv = builder.conv("conv", 0, 1, square_window(1), {1}, {0});
  int last = -1;
  if (place == 0) {  // ends a convolution
    last = leaky_relu(builder, "function", conv, falls);
  } else if (place == 1) {  // a layer of its own
    const int pool = builder.pool("pool", Op::kAvgPool, conv, square_window(1));
    last = leaky_relu(builder, "function", pool, falls);
  } else {  // a later part of a concatenation
    const int pool = builder.pool("pool", Op::kAvgPool, conv, square_window(1));
    const int small = builder.conv("small", 0, 1, square_window(1), {0.001F}, {0});
    last = builder.concat("both", {small, leaky_relu(builder, "function", pool, falls)});
  }
  Network network = builder.build(last);
  const float largest = falls ? 60 : 3;
  for (Tensor& tensor : network.tensors)
    if (is_stated && (tensor.name == "function" || tensor.name == "both"))
      tensor.bounds = {-largest, largest};
  // The line of the largest result ends at 3.125 or -3.125.
  const std::vector<float> image = ramp(falls ? -3 : -20, falls ? 20 : 3, kCount);
  QuantizationOptions options;
  options.activation_bits = options.weight_bits = 16;
  options.nnzb = 15;
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {image}), options);
  const std::vector<float> expected = Evaluator(network).run(image);
  const std::vector<std::int32_t> found =
      IntegerEvaluator(quantized).run(quantize_values(quantized.tensors[0], image));
  const double step = (falls ? 20 : 1) * 20.0 / 32767;  // of the operand, by the steepest slope
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] * quantized.tensors.back().scale == Approx(expected[i]).margin(1.5 * step));
}

TEST_CASE("only lines on which results lie take part in a 16-bit function's scale") {
  NetworkBuilder builder({2, 3, 3});
  const Network network = find_lookups(builder.build(builder.host("exp", {0}, host_operator("Exp"))));
  const HostGraph& exp = network.nodes[0].host;
  QuantizedTensor code;
  code.bits = 16;
  code.scale = 1.0 / 1024;  // a line each quarter
  CHECK(largest_end(exp, code, {-20, 3.1F}, std::exp(3.1F)) == Approx(std::exp(3.25)));
  CHECK(largest_end(exp, code, {-20, 3.1F}, std::exp(2.1F)) ==
        Approx(std::exp(2.25)));  // saturates by choice
  CHECK(largest_end(exp, code, {-20, 3.1F}, 100) == 100);
  code.scale = 1.0;
  CHECK(largest_end(exp, code, {-20, 3.1F}, std::exp(3.1F)) == std::exp(3.1F));  // no finite end
}

TEST_CASE("quantized functions are near the float network's, fused and alone, at both widths") {
  NetworkBuilder builder({2, 3, 3});
  const int first = gelu(builder, conv(builder, "conv", 0));
  const int pool = builder.pool("pool", Op::kAvgPool, first, square_window(2));
  const Network network = builder.build(builder.host("sigmoid", {pool}, host_operator("Sigmoid")));
  std::vector<std::vector<float>> images;
  for (unsigned i = 0; i < 20; ++i) images.push_back(random_values(18, 50 + i));
  for (const int bits : {8, 16}) {
    CAPTURE(bits);
    QuantizationOptions options;
    options.activation_bits = options.weight_bits = bits;
    options.nnzb = bits - 1;
    const QuantizedNetwork quantized = quantize(network, calibrate(network, images), options);
    REQUIRE(quantized.layers.size() == 3);
    CHECK(quantized.layers[0].table.size() == (bits == 8 ? 256 : 257));
    CHECK(quantized.layers[2].op == LayerOp::kLookup);
    CHECK(quantized.tensors.back().is_signed == (bits == 16));  // of a Sigmoid
    const IntegerEvaluator integers(quantized);
    Evaluator floats(network);
    const double margin = bits == 8 ? 0.012 : 0.0003;
    for (const std::vector<float>& image : images) {
      const std::vector<float> expected = floats.run(image);
      const std::vector<std::int32_t> found = integers.run(quantize_values(quantized.tensors[0], image));
      for (std::size_t i = 0; i < found.size(); ++i)
        CHECK(found[i] * quantized.tensors.back().scale == Approx(expected[i]).margin(margin));
    }
  }
}
