// Quantized networks on disk, and the measures that are shown beside them.
#include "quant/ir/file/quantized_file.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "quant/eval/evaluator.h"
#include "quant/eval/integer_evaluator.h"
#include "quant/ir/integer_values.h"
#include "quant/ir/network_zoo.h"
#include "quant/method/quantizer.h"
#include "quant/method/weights/weight_metrics.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

using Json = nlohmann::json;

Network sample_network() {
  NetworkBuilder b({2, 6, 6});
  const int first = b.conv("first", 0, 4, square_window(3, 1, 1), random_values(72, 1), random_values(4, 2));
  const int lrn = b.lrn("lrn", b.relu("act", first), {3, 0.125F, 0.5F, 2.0F});
  const int both = b.concat("both", {b.conv("left", lrn, 2, square_window(1), random_values(8, 3), {1, 2}),
                                     b.conv("right", lrn, 4, square_window(3, 1, 1), random_values(36, 4),
                                            random_values(4, 5), 4)});
  const int pool = b.pool("pool", Op::kAvgPool, both, square_window(3, 2, 1));
  return b.build(
      b.softmax("softmax", b.conv("fc", pool, 3, square_window(3), random_values(162, 6), {0, 0, 1})));
}

QuantizedNetwork quantized_sample(int activation_bits, TokenForm form, int nnzb = 2) {
  const Network network = sample_network();
  QuantizationOptions options;
  options.activation_bits = activation_bits;
  options.nnzb = nnzb;
  options.token_form = form;
  return quantize(network, calibrate(network, {synthetic_image({2, 6, 6}, 1)}), options);
}

std::string cbor(const Json& json) {
  std::string bytes;
  Json::to_cbor(json, bytes);
  return bytes;
}

std::string refusal(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto file = folder.write("x.cbor", bytes);
  try {
    read_quantized(file);
  } catch (const std::invalid_argument& error) {
    const std::string message = error.what();
    CHECK(message.find(file.string()) == 0);
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a quantized network is read as it was written") {
  const auto form = GENERATE(TokenForm::kBinary, TokenForm::kSignedDigit);
  QuantizedNetwork network = quantized_sample(GENERATE(8, 16), form);
  network.layers[1].host.steps[0].origin = "node 'norm' (LRN)";
  const TemporaryFolder folder;
  const QuantizedNetwork back = read_quantized(folder.write("x.cbor", to_cbor(network)));
  CHECK(to_cbor(back) == to_cbor(network));
  REQUIRE(back.layers.size() == network.layers.size());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    CHECK(back.layers[l].weights == network.layers[l].weights);
    CHECK(back.layers[l].weight_scale == network.layers[l].weight_scale);
    CHECK(back.layers[l].bias == network.layers[l].bias);
    REQUIRE(back.layers[l].host.steps.size() == network.layers[l].host.steps.size());
    for (std::size_t s = 0; s < network.layers[l].host.steps.size(); ++s)
      CHECK(back.layers[l].host.steps[s].origin == network.layers[l].host.steps[s].origin);
  }
  const std::vector<std::int32_t> image = quantize_values(network.tensors[0], synthetic_image({2, 6, 6}, 5));
  CHECK(IntegerEvaluator(back).run(image) == IntegerEvaluator(network).run(image));
}

TEST_CASE("what is no quantized network is refused in one line") {
  CHECK_THAT(refusal(""), Catch::Contains("no quantized network"));
  CHECK_THAT(refusal("not CBOR at all"), Catch::Contains("no quantized network"));
  const std::string good = to_cbor(quantized_sample(8, TokenForm::kBinary));
  CHECK_THAT(refusal(good.substr(0, good.size() / 2)), Catch::Contains("no quantized network"));
  QuantizedNetwork wrong = quantized_sample(8, TokenForm::kBinary);
  wrong.layers.front().nnzb = 1;
  CHECK_THAT(refusal(to_cbor(wrong)), Catch::Contains("layer 'first': weights"));
  CHECK_THROWS_WITH(read_quantized("/nowhere/x.cbor"), Catch::Contains("/nowhere/x.cbor: no such file"));
}

TEST_CASE("a number that its field cannot hold is refused by its place") {
  struct Damage {
    const char* place;  // JSON pointer
    Json value;
    const char* message;
  };
  const std::int64_t word = std::int64_t{1} << 32;
  const std::vector<Damage> damages = {
      {"/layers/0/rescale/0/1", 300, "layers[0].rescale[0][1]: 300; accepted: a whole number, 0 to 255"},
      {"/layers/0/rescale/0/0", 70000, "layers[0].rescale[0][0]: 70000"},
      {"/layers/0/rescale/0/0", -1, "layers[0].rescale[0][0]: -1"},
      {"/tensors/0/bits", word + 8, "tensors[0].bits: 4294967304"},
      {"/tensors/0/bits", 8.5, "tensors[0].bits: 8.5; accepted: a whole number"},
      {"/tensors/0/bits", true, "tensors[0].bits: true"},
      {"/input", UINT64_MAX, "input: 18446744073709551615"},
      {"/tensors/0/channel_offset", 1, "from channel 1 of tensor -1"},
      {"/tensors/0/channel_offset", -1000, "from channel -1000 of tensor -1"},
      {"/tensors/0/parent", -2, "of tensor -2"},
      {"/tensors/1/shape", {65536, 65536, 65536}, "shape is 65536x65536x65536"},
      {"/tensors/1/shape", {INT32_MAX, 1, 1}, "shape is 2147483647x1x1"},
      {"/tensors/1/shape", {4, 6}, "tensors[1].shape: 2 values; accepted: 3"},
      {"/layers/0/window", {3, 3, 1, 1, INT32_MAX, 1, 1, 1, 1, 1}, "window: exceeds the largest extent"},
      {"/layers/0/window", {3, 3, 1, 1, 1, 1, INT32_MAX, 1, 1, 1}, "window: exceeds the largest extent"},
      {"/layers/0/weight_scale", {1.0}, "weight_scale: 1 values for 4 output channels"},
      {"/layers/0/name", "\xff", "layers[0].name: text that is not UTF-8"},
      {"/layers/0/op", "convolution", "'convolution'; accepted: conv, max_pool"},
      {"/layers/1/host/steps/0/result", {65536, 65536, 65536}, "instead of [65536, 65536, 65536]"},
      {"/layers/1/host/inputs/0", {0, INT64_MAX, INT64_MAX}, "accepted: no negative extent"},
      {"/layers/1/host/steps/0/result", {1, 4, 6, 5}, "LRN: gives [1, 4, 6, 6] instead of [1, 4, 6, 5]"},
      {"/layers/1/host/steps/0/operands/0/0", 1, "LRN of value 1"},
      {"/layers/1/host/steps/0/operands", Json::array(), "0 operands; accepted: more"},
      {"/layers/1/host/steps/0/integers/size", {INT64_MIN}, "size -9223372036854775808"},
      {"/layers/1/host/steps/0/numbers/alpha", {1e300}, "alpha[0]: 1e+300; accepted: a number that a float"},
  };
  const Json good = Json::from_cbor(to_cbor(quantized_sample(8, TokenForm::kBinary)));
  for (const Damage& damage : damages) {
    CAPTURE(damage.place, damage.message);
    Json damaged = good;
    damaged.at(Json::json_pointer(damage.place)) = damage.value;
    CHECK_THAT(refusal(cbor(damaged)), Catch::Contains(damage.message));
  }
}

TEST_CASE("bytes that nest without end are refused") {
  const std::size_t deep = 1'000'000;
  CHECK_THAT(refusal(std::string(deep, '\x81')), Catch::Contains("nested deeper than 16"));
  CHECK_THAT(refusal(std::string(deep, '\x7f')), Catch::Contains("item 0x7f"));
  CHECK_THAT(refusal(std::string(deep, '\x5f')), Catch::Contains("item 0x5f"));
  CHECK_THAT(refusal(std::string(deep, '\xc1')), Catch::Contains("item 0xc1"));
  CHECK_THAT(refusal("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"), Catch::Contains("cut off"));
  CHECK_THAT(refusal("\x3b\xff\xff\xff\xff\xff\xff\xff\xff"), Catch::Contains("a number below 64 bits"));
}

TEST_CASE("dequantized weights are the integers times their scales") {
  const Network network = sample_network();
  const QuantizedNetwork quantized = quantized_sample(16, TokenForm::kBinary, 7);
  const Network back = dequantized(network, quantized);
  CHECK(back.nodes[0].weights[5] ==
        static_cast<float>(quantized.layers[0].weights[5] * quantized.layers[0].weight_scale[0]));
  const auto image = synthetic_image({2, 6, 6}, 5);
  const float expected = Evaluator(back).run(image)[0];
  const double found = IntegerEvaluator(quantized).run(quantize_values(quantized.tensors[0], image))[0] *
                       quantized.tensors[quantized.output].scale;
  CHECK(found == Approx(expected).margin(2e-3));  // 16-bit activations
}

TEST_CASE("more non-zero bits mean less noise in weights and outputs") {
  const Network network = sample_network();
  double weights = 0;
  double outputs = 0;
  for (const int nnzb : {1, 2, 4}) {
    const QuantizedNetwork quantized = quantized_sample(16, TokenForm::kBinary, nnzb);
    const double weight_db = weight_sqnr_db(network.nodes[0], quantized.layers[0]);
    const double output_db = output_sqnr_db(network, quantized, {synthetic_image({2, 6, 6}, 9)})[0];
    CHECK(weight_db > weights + 3);
    CHECK(output_db > outputs);
    weights = weight_db;
    outputs = output_db;
    const auto histogram = token_histogram(quantized);
    for (std::size_t n = nnzb + 1; n < histogram.size(); ++n) CHECK(histogram[n] == 0);
  }
  CHECK(std::isinf(sqnr_db(1, 0)));
}

TEST_CASE("the noise of what the host makes of the output is that of its values") {
  NetworkBuilder builder({1, 1, 4});
  const Network network = builder.build(builder.softmax("softmax", 0));
  const std::vector<float> image = {0.1F, 0.3F, 0.7F, 0.9F};
  const QuantizedNetwork quantized = quantize(network, calibrate(network, {image}));
  // The input's codes of steps of 0.9/255 are off by a few 1e-3; those of the result would add as much.
  const double output_db = output_sqnr_db(network, quantized, {image})[0];
  const auto evaluate = [&](const std::vector<float>& input) { return Evaluator(network).run(input); };
  const std::vector<float> expected = evaluate(image),
                           found = evaluate({25.2F / 255, 0.3F, 178.2F / 255, 0.9F});
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    signal += expected[i] * expected[i];
    noise += std::pow(found[i] - expected[i], 2);
  }
  CHECK(output_db == Approx(sqnr_db(signal, noise)).epsilon(1e-3));
}

TEST_CASE("the enumerative bound counts the representable weights") {
  // Magnitudes 0, 1, 2, 4: seven weights.
  CHECK(enumerative_bits(4, 1, TokenForm::kBinary) == Approx(std::log2(7)));
  // All of them: 0 to 7.
  CHECK(enumerative_bits(4, 3, TokenForm::kBinary) == Approx(std::log2(15)));
}
