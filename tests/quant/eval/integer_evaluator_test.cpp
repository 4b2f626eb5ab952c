// The fast evaluator of quantized networks against the golden model.
#include "quant/eval/integer_evaluator.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "quant/method/quantizer.h"
#include "testbench/golden/golden.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::test;

TEST_CASE("the integer evaluator computes what the golden model computes, on random networks") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    CAPTURE(seed);
    const test::RandomCase random = test::make_random_case(seed, {6, 12, 12, 1});
    const IntegerEvaluator evaluator(random.network);
    GoldenModel golden(random.network);
    REQUIRE(evaluator.run(random.images.front()) == golden.run(random.images.front())[random.network.output]);
  }
}

TEST_CASE("the integer evaluator refuses an image of another size") {
  const test::RandomCase random = test::make_random_case(1);
  CHECK_THROWS_WITH(IntegerEvaluator(random.network).run({}), Catch::Contains("an image of 0 elements"));
}

TEST_CASE("what the host makes of the output is judged as it is, and later layers read its codes") {
  NetworkBuilder builder({1, 1, 3});
  const int root = builder.host("root", {0}, host_operator("Sqrt"));
  const int conv = builder.conv("conv", root, 1, {}, {1.0F}, {0.0F});
  Network network = builder.build(root);
  network.outputs = {{"root", root, {1, 1, 1, 3}}, {"conv", conv, {1, 1, 1, 3}}};
  const QuantizedNetwork quantized =
      quantize(network, {{{"input", {0, 255}}, {"root", {0, 160}}, {"conv", {0, 160}}}});
  const IntegerEvaluator evaluator(quantized);
  const IntegerTensors tensors = evaluator.run_all({100, 101, 0});
  const auto values = [&](int output) {
    return evaluator.result_values(tensors, quantized.outputs[output].tensor);
  };
  const std::vector<float> roots = {10, std::sqrt(101.0F), 0};
  CHECK(values(0) == roots);
  CHECK(evaluator.judged_values({100, 101, 0}) == roots);
  CHECK(evaluator.run({100, 101, 0}) == std::vector<std::int32_t>{16, 16, 0});
  const QuantizedTensor& codes = quantized.tensors[quantized.outputs[1].tensor];
  for (std::size_t i = 0; i < roots.size(); ++i)
    CHECK(values(1)[i] == static_cast<float>(tensors[quantized.outputs[1].tensor][i] * codes.scale));
}

TEST_CASE("a result of the host that is no number is 0") {
  NetworkBuilder builder({1, 1, 2});
  const Network network = builder.build(builder.host("root", {0}, host_operator("Sqrt")));
  const QuantizedNetwork quantized = quantize(network, {{{"input", {-1, 1}}, {"root", {0, 1}}}});
  const IntegerEvaluator evaluator(quantized);
  CHECK(evaluator.run({0, 127}) == std::vector<std::int32_t>{0, 255});
  CHECK(evaluator.run({127, -1}) == std::vector<std::int32_t>{255, 0});
}
