// From float layers to integer ones: scales, signs, fixed-point factors, token limits, overrides.
#include "quant/method/quantizer.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <stdexcept>

#include "quant/eval/evaluator.h"
#include "quant/eval/host_layer.h"
#include "quant/ir/integer_values.h"
#include "quant/ir/representable.h"
#include "tests/quant/ir/network_builder.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

double value(const Rescale& rescale) {
  return std::ldexp(rescale.multiplier, -rescale.shift);
}

QuantizationOptions plain_options() {
  QuantizationOptions options;
  options.nnzb = 7;
  options.scale_search = false;
  return options;
}

// One 1x1 convolution over two channels; calibration says what the tensors hold.
Network one_conv(float first, float second, float bias) {
  NetworkBuilder builder({2, 1, 1});
  return builder.build(builder.conv("conv", 0, 1, square_window(1), {first, second}, {bias}));
}

Calibration ranges(float input_low, float input_high, float output_low, float output_high) {
  Calibration calibration;
  calibration.ranges["input"] = {input_low, input_high};
  calibration.ranges["conv"] = {output_low, output_high};
  return calibration;
}

// Two convolutions with a rectifier between them.
Network two_convs() {
  NetworkBuilder builder({3, 6, 6});
  const int first =
      builder.conv("block/first", 0, 4, square_window(3), random_values(108, 1), random_values(4, 2));
  const int relu = builder.relu("relu", first);
  return builder.build(
      builder.conv("block/second", relu, 2, square_window(4), random_values(128, 3), random_values(2, 4)));
}

std::vector<std::vector<float>> two_images() {
  return {random_values(108, 5), random_values(108, 6)};
}

}  // namespace

TEST_CASE("a convolution in integers, computed by hand") {
  const QuantizedNetwork network =
      quantize(one_conv(0.5F, -0.25F, 0.1F), ranges(0, 1, -0.5F, 1.27F), plain_options());
  REQUIRE(network.layers.size() == 1);
  const QuantizedLayer& layer = network.layers[0];
  const double weight_scale = 0.5 / 127;
  CHECK(network.tensors[network.input].scale == 1.0 / 255);
  CHECK(layer.weight_scale[0] == Approx(weight_scale));
  CHECK(layer.weights == std::vector<std::int16_t>{127, -63});  // -63.5 is a tie: the smaller magnitude
  CHECK(layer.bias[0] == std::llround(0.1 * 255 / weight_scale));
  CHECK(network.tensors[network.output].scale == Approx(0.01));
  CHECK(value(layer.rescale[0]) == Approx(weight_scale / 255 / 0.01).epsilon(1e-4));
  CHECK(layer.rescale[0].multiplier >= 32768);
  CHECK(layer.clip_low == -128);
  CHECK(layer.clip_high == 127);
}

TEST_CASE("the network's input is unsigned unless calibration saw a negative value") {
  const Network network = one_conv(1, 1, 0);
  const QuantizedTensor plain = quantize(network, ranges(0, 1, -1, 1)).tensors[0];
  CHECK_FALSE(plain.is_signed);
  CHECK(plain.scale == 1.0 / 255);
  const QuantizedTensor negative = quantize(network, ranges(-0.5F, 1, -1, 1)).tensors[0];
  CHECK(negative.is_signed);
  CHECK(negative.scale == 1.0 / 127);

  QuantizationOptions options;
  options.input_scale = 0.125;
  CHECK(quantize(network, ranges(0, 1, -1, 1), options).tensors[0].scale == 0.125);
}

TEST_CASE("an input of integers that codes reach is what it is") {
  const auto input = [](int type, float low, float high, int bits = 8) {
    Network network = one_conv(1, 1, 0);
    network.input_type = type;
    QuantizationOptions options = plain_options();
    options.activation_bits = bits;
    return quantize(network, ranges(low, high, 0, 1), options).tensors[0];
  };
  constexpr int kInt32 = 6;
  CHECK(input(kInt32, 0, 11).scale == 1);
  CHECK_FALSE(input(kInt32, 0, 255).is_signed);
  CHECK(input(kInt32, 0, 255).scale == 1);
  CHECK(input(kInt32, -128, 100).scale == 1);
  CHECK(input(kInt32, 0, 1000, 16).scale == 1);
  CHECK(input(kInt32, 0, 510).scale == 2);  // which codes do not reach
  CHECK(input(ir::kUint8, 0, 3).scale == 1);
  CHECK(input(ir::kFloat16, 0, 51).scale == 0.2);
  CHECK(input(ir::kInt8, 0, 3).is_signed);  // whatever calibration saw
  CHECK_FALSE(input(ir::kUint8, 0, 3).is_signed);
}

TEST_CASE("integers that the accelerator does not read have 16 bits, unless their type has 8") {
  const auto tensors = [](int type, bool is_read) {
    NetworkBuilder builder({2, 1, 1});
    const int softmax = builder.softmax("host", 0);
    const int last = is_read ? builder.conv("conv", softmax, 1, square_window(1), {1, 1}, {0}) : softmax;
    Network network = builder.build(last);
    network.input_type = type;
    network.nodes[0].host.steps[0].type = "CumSum";  // of integers
    if (is_read) network.outputs.push_back({"sums", last, {1}});
    network.outputs.push_back({"indices", softmax, {2}, type});
    Calibration calibration;
    calibration.ranges = {{"input", {0, 11}}, {"host", {0, 11}}, {"conv", {0, 22}}};
    return quantize(network, calibration, plain_options()).tensors;
  };
  constexpr int kInt64 = 7;
  for (const int tensor : {0, 1}) {
    CAPTURE(tensor);
    CHECK(tensors(kInt64, false)[tensor].bits == 16);
    CHECK(tensors(kInt64, false)[tensor].scale == 1);
    CHECK(tensors(ir::kUint8, false)[tensor].bits == 8);
    CHECK(tensors(ir::kFloat32, false)[tensor].bits == 8);
  }
  CHECK(tensors(kInt64, true)[1].bits == 8);
  CHECK(tensors(kInt64, true)[1].scale == 1);
}

TEST_CASE("whole numbers among real ones are kept where only the host reads them") {
  const auto input = [](WholeNumbers whole, float low, float high, bool is_read = false) {
    NetworkBuilder builder({2, 1, 1});
    const int softmax = builder.softmax("host", 0);
    builder.conv("conv", is_read ? 0 : softmax, 1, square_window(1), {1, 1}, {0});
    Calibration calibration;
    calibration.ranges = {{"input", {low, high}}, {"host", {0, 1}}, {"conv", {0, 22}}};
    calibration.of_input = whole;
    return quantize(builder.build(softmax), calibration, plain_options()).tensors[0];
  };
  for (const float high : {1.F, 29.F, 499.F, 32767.F}) {
    CHECK(input(WholeNumbers::kAll, -5, high).scale == 1);
    CHECK(input(WholeNumbers::kAll, 0, high).bits == 16);
  }
  CHECK(input(WholeNumbers::kSome, -2.5F, 29).scale == 1.0 / 1024);  // 29 / 32767, and no power below it
  CHECK(input(WholeNumbers::kSome, 0, 29).bits == 16);
  CHECK(input(WholeNumbers::kNone, 0, 51).scale == 0.2);
  CHECK(input(WholeNumbers::kAll, 0, 51, true).scale == 0.2);
  CHECK(input(WholeNumbers::kSome, 0, 51, true).bits == 8);
}

TEST_CASE("integers that only the host reads are refused beyond the codes") {
  NetworkBuilder builder({2, 1, 1});
  Network network = builder.build(builder.softmax("host", 0));
  network.input_type = 7;  // INT64
  const auto quantized = [&](float low, float high) {
    return quantize(network, {{{"input", {low, high}}, {"host", {0, 1}}}}, plain_options());
  };
  CHECK(quantized(-32768, 32767).tensors[0].scale == 1);
  CHECK_THROWS_WITH(quantized(0, 40000),
                    "input 'input': calibration saw 0 to 40000; accepted: -32768 to "
                    "32767, of integers that no layer of the accelerator reads");
  CHECK_THROWS_WITH(quantized(-32769, 0), Catch::Contains("saw -32769 to 0"));
}

TEST_CASE("a scale of the input that is asked for wins over that of integers") {
  Network network = one_conv(1, 1, 0);
  network.input_type = ir::kUint8;
  QuantizationOptions options = plain_options();
  options.input_scale = 0.5;
  CHECK(quantize(network, ranges(0, 3, 0, 1), options).tensors[0].scale == 0.5);
}

TEST_CASE("a rectified tensor is unsigned at 8 bit and signed at 16 bit") {
  const Network network = two_convs();
  const Calibration calibration = calibrate(network, two_images());
  QuantizationOptions options;
  const QuantizedNetwork narrow = quantize(network, calibration, options);
  const QuantizedTensor& narrow_relu = narrow.tensors[narrow.layers[0].output];
  CHECK(narrow_relu.name == "relu");
  CHECK_FALSE(narrow_relu.is_signed);
  CHECK(narrow.layers[0].clip_low == 0);
  CHECK(narrow.layers[0].clip_high == 255);
  CHECK(narrow_relu.scale == Approx(calibration.ranges.at("relu").max / 255));

  options.activation_bits = 16;
  const QuantizedNetwork wide = quantize(network, calibration, options);
  const QuantizedTensor& wide_relu = wide.tensors[wide.layers[0].output];
  CHECK(wide_relu.is_signed);
  CHECK(wide_relu.bits == 16);
  CHECK(wide.layers[0].clip_low == 0);
  CHECK(wide.layers[0].clip_high == 32767);
}

TEST_CASE("a clip's upper bound becomes the saturation") {
  NetworkBuilder builder({1, 1, 2});
  const Network network = builder.build(builder.clip("six", 0, 0, 6));
  // The clip is a pooling, which keeps the input's scale of 12 / 127.
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {{-12, 12}}));
  CHECK(quantized.layers[0].op == LayerOp::kMaxPool);
  CHECK(quantized.layers[0].clip_low == 0);
  CHECK(quantized.layers[0].clip_high == 64);  // 63.5 steps
}

TEST_CASE("a layer that clips below zero has a signed result, whatever it reads") {
  NetworkBuilder builder({1, 2, 2});
  const int positive = builder.relu("relu", 0);
  const int mean = builder.pool("mean", Op::kAvgPool, positive, square_window(2, 2));
  const Network network = builder.build(builder.clip("clip", mean, -3, -1));
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {{-12, 12, 4, 8}}));
  const QuantizedTensor& output = quantized.tensors[quantized.output];
  CHECK_FALSE(quantized.tensors[1].is_signed);
  CHECK(output.is_signed);
  CHECK(quantized.layers.back().clip_high * output.scale == Approx(-1).epsilon(0.01));
}

TEST_CASE("the scale that a max pooling keeps reaches to its clip's bounds") {
  const auto [low, high] = GENERATE(std::pair(30.0F, 40.0F), std::pair(-40.0F, -30.0F));
  const bool is_slice = GENERATE(false, true);
  NetworkBuilder builder({1, 2, 2});
  const int conv = builder.conv("conv", 0, 1, square_window(1), {1}, {0});
  const int read = builder.pool("pool", Op::kMaxPool, conv, square_window(2, 2));
  const int clip = builder.clip("clip", read, low, high);
  const int both = is_slice ? builder.concat("both", {conv, conv}) : conv;
  const int last = builder.pool("last", Op::kMaxPool, both, square_window(2, 2));
  const Network network = builder.build(builder.concat("out", {clip, last}));
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {{-12, 12, 4, 8}}));
  const auto layer = std::find_if(quantized.layers.begin(), quantized.layers.end(),
                                  [](const QuantizedLayer& l) { return l.name == "pool"; });
  const double bound = low > 0 ? layer->clip_low : layer->clip_high;
  CHECK(bound * quantized.tensors[layer->output].scale == Approx(low > 0 ? low : high).epsilon(0.01));
}

TEST_CASE("a tensor that calibration saw as zero joins one of any size") {
  NetworkBuilder builder({1, 2, 2});
  const int dead = builder.clip("dead", builder.conv("conv", 0, 1, square_window(1), {1}, {0}), -1, 0);
  const int pool = builder.pool("pool", Op::kMaxPool, dead, square_window(1));
  const Network network = builder.build(builder.concat("both", {pool, 0}));
  QuantizationOptions options;
  options.activation_bits = 16;
  const std::vector<float> image = {0.01F, 0.02F, 0.03F, 0.04F};
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {image}), options);
  CHECK(quantized.tensors[quantized.output].scale == Approx(0.04 / 32767));
}

TEST_CASE("max pooling keeps the scale, average pooling has a factor for every count of elements") {
  NetworkBuilder builder({1, 4, 4});
  const int largest = builder.pool("max", Op::kMaxPool, 0, square_window(2, 1, 1));
  const Network network = builder.build(builder.pool("mean", Op::kAvgPool, largest, square_window(2, 2, 1)));
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {std::vector<float>(16, 0.5F)}));
  CHECK(quantized.tensors[1].scale == quantized.tensors[0].scale);
  const QuantizedLayer& mean = quantized.layers[1];
  REQUIRE(mean.rescale.size() == 4);
  const double ratio = quantized.tensors[1].scale / quantized.tensors[2].scale;
  for (int n = 1; n <= 4; ++n) CHECK(value(mean.rescale[n - 1]) == Approx(ratio / n).epsilon(1e-4));
  CHECK_FALSE(quantized.tensors[2].is_signed);
}

TEST_CASE("addends are rescaled to the sum's scale") {
  NetworkBuilder builder({1, 1, 2});
  const int doubled = builder.clip("clipped", 0, -1, 1);
  const Network network = builder.build(builder.add("sum", doubled, 0));
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {{-2, 2}}));
  const QuantizedLayer& sum = quantized.layers[1];
  CHECK(sum.op == LayerOp::kAdd);
  CHECK(value(sum.rescale[0]) == Approx(2.0 / 3).epsilon(1e-4));
  CHECK(value(sum.operand_rescale) == Approx(2.0 / 3).epsilon(1e-4));
}

TEST_CASE("every weight obeys the token limit") {
  CHECK(rc::check("any bits, limit and form", [] {
    QuantizationOptions options;
    options.activation_bits = *rc::gen::element(8, 16);
    options.weight_bits = *rc::gen::inRange(2, 17);
    options.nnzb = *rc::gen::inRange(1, options.weight_bits);
    options.token_form = *rc::gen::element(TokenForm::kBinary, TokenForm::kSignedDigit);
    options.scale_search = *rc::gen::element(false, true);
    const Network network = two_convs();
    const QuantizedNetwork quantized = quantize(network, calibrate(network, two_images()), options);
    RC_ASSERT(quantized.layers.size() == 2U);
    for (const QuantizedLayer& layer : quantized.layers) {
      RC_ASSERT(layer.nnzb == options.nnzb);
      for (const std::int16_t weight : layer.weights) {
        RC_ASSERT(token_count(weight, options.token_form) <= options.nnzb);
        RC_ASSERT(std::abs(weight) < 1 << (options.weight_bits - 1));
      }
    }
  }));
}

TEST_CASE("overrides set layers apart, the last match winning") {
  const Network network = two_convs();
  QuantizationOptions options;
  options.overrides = {{"*", {}, 2}, {"block/sec*", 4, {}}, {"block/second", {}, 1}};
  const QuantizedNetwork quantized = quantize(network, calibrate(network, two_images()), options);
  CHECK(quantized.layers[0].nnzb == 2);
  CHECK(quantized.layers[0].weight_bits == 8);
  CHECK(quantized.layers[1].nnzb == 1);
  CHECK(quantized.layers[1].weight_bits == 4);
}

TEST_CASE("an override that fits no layer or setting is refused") {
  const Network network = two_convs();
  const Calibration calibration = calibrate(network, two_images());
  QuantizationOptions options;
  options.overrides = {{"third", {}, 2}};
  CHECK_THROWS_WITH(
      quantize(network, calibration, options),
      Catch::Contains("'third' matches no layer") && Catch::Contains("block/first, block/second"));
  options.overrides = {{"block/first", 3, {}}};
  CHECK_THROWS_WITH(quantize(network, calibration, options),
                    Catch::Contains("layer 'block/first': nnzb = 3: accepted: 1 to 2"));
}

TEST_CASE("options out of range are refused") {
  const Network network = one_conv(1, 1, 0);
  const Calibration calibration = ranges(0, 1, -1, 1);
  QuantizationOptions options;
  options.activation_bits = 7;
  CHECK_THROWS_WITH(quantize(network, calibration, options), Catch::Contains("activation_bits = 7"));
  options = {};
  options.nnzb = 0;
  CHECK_THROWS_WITH(quantize(network, calibration, options),
                    Catch::Contains("quantization: nnzb = 0: accepted: 1 to 7"));
  options = {};
  options.input_scale = 0.0;
  CHECK_THROWS_WITH(quantize(network, calibration, options), Catch::Contains("input_scale = 0"));
}

TEST_CASE("a tensor without calibration is refused") {
  CHECK_THROWS_WITH(
      quantize(one_conv(1, 1, 0), Calibration{{{"input", {0, 1}}}}),
      Catch::Contains("layer 'conv'") && Catch::Contains("tensor 'conv' has no calibrated range"));
}

TEST_CASE("a factor beyond 16 bits is the largest, by which all but 0 saturates") {
  const QuantizedNetwork network = quantize(one_conv(1e9F, 1, 0), ranges(0, 1, 0, 1e-3F));
  CHECK(network.layers[0].rescale[0].multiplier == 65535);
  CHECK(network.layers[0].rescale[0].shift == 0);
}

TEST_CASE("a dead channel keeps its bias") {
  const float weight = GENERATE(0.0F, 1e-20F);
  const QuantizedNetwork network = quantize(one_conv(weight, weight, 0.8F), ranges(0, 1, -1, 1));
  const QuantizedLayer& layer = network.layers[0];
  const double output =
      static_cast<double>(layer.bias[0]) * value(layer.rescale[0]) * network.tensors[1].scale;
  CHECK(output == Approx(0.8).epsilon(1e-3));
  CHECK(std::abs(layer.bias[0]) <= 1 << 24);
}

TEST_CASE("a tensor that is always zero still has a scale") {
  const QuantizedNetwork network = quantize(one_conv(1, 1, 0), ranges(0, 0, 0, 0));
  CHECK(network.tensors[0].scale == 1.0);
  CHECK(network.tensors[1].scale == 1.0);
}

TEST_CASE("values are quantized to the nearest step and saturate") {
  QuantizedTensor tensor;
  tensor.scale = 0.5;
  CHECK(quantize_values(tensor, {0.2F, 0.25F, -0.25F, 1000, -1000}) ==
        std::vector<std::int32_t>{0, 1, -1, 127, -128});
  tensor.is_signed = false;
  CHECK(quantize_values(tensor, {-1, 1000}) == std::vector<std::int32_t>{0, 255});
}

TEST_CASE("inputs of a concatenation share its scale and sign, and so does what reads them") {
  NetworkBuilder builder({2, 4, 4});
  const auto conv = [&](const char* name) {
    return builder.conv(name, 0, 2, square_window(1), random_values(4, 1), random_values(2, 2));
  };
  const int positive = builder.relu("positive", conv("a"));
  const int any = conv("b");
  const int both = builder.concat("both", {positive, any});
  const int pool = builder.pool("pool", Op::kMaxPool, positive, square_window(2, 2));
  const int pool_both = builder.pool("pool_both", Op::kMaxPool, both, square_window(2, 2));
  const Network network = builder.build(builder.concat("all", {pool, pool_both}));
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {random_values(32, 3)}));

  std::map<std::string, QuantizedTensor> tensors;
  for (const QuantizedTensor& tensor : quantized.tensors) tensors[tensor.name] = tensor;
  const QuantizedTensor& whole = tensors.at("both");
  CHECK(whole.is_signed);
  CHECK(whole.parent == -1);
  int offset = 0;
  for (const char* name : {"positive", "b"}) {
    const QuantizedTensor& slice = tensors.at(name);
    CHECK(slice.is_signed);
    CHECK(slice.scale == whole.scale);
    CHECK(quantized.tensors[slice.parent].name == "both");
    CHECK(slice.channel_offset == offset);
    offset += 2;
  }
  CHECK(tensors.at("pool").is_signed);
  CHECK(tensors.at("pool").scale == whole.scale);
  CHECK(tensors.at("all").shape == Shape{6, 2, 2});
  CHECK(quantized.layers.back().name == "all.pool_both");
  CHECK(quantized.layers.back().op == LayerOp::kAvgPool);
}

TEST_CASE("layers on the host keep their settings, and Softmax its range") {
  NetworkBuilder builder({3, 2, 2});
  const int lrn = builder.lrn("lrn", 0, {3, 0.5F, 0.6F, 2.0F});
  const int conv = builder.conv("conv", lrn, 3, square_window(1), random_values(9, 4), random_values(3, 5));
  const Network network = builder.build(builder.softmax("softmax", conv));
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {random_values(12, 3)}));
  REQUIRE(quantized.layers.size() == 3);
  CHECK(quantized.layers[0].op == LayerOp::kHost);
  CHECK(quantized.layers[0].host.title == "lrn");
  CHECK(quantized.tensors[1].is_signed);
  CHECK_FALSE(quantized.tensors[3].is_signed);
  CHECK(quantized.tensors[3].scale == 1.0 / 255);

  const std::vector<float> image = random_values(12, 3);
  const std::vector<std::int32_t> integers = quantize_values(quantized.tensors[0], image);
  const std::vector<std::int32_t> normalized = run_host_layer(quantized, quantized.layers[0], {&integers});
  Evaluator evaluator(network);
  evaluator.run(image);
  for (std::size_t i = 0; i < image.size(); ++i) {
    const double found = normalized[i] * quantized.tensors[1].scale;
    CHECK(found == Approx(evaluator.values(lrn)[i]).margin(2 * quantized.tensors[1].scale));
  }
}
