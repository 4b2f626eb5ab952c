// The fast evaluator of quantized networks against the golden model.
#include "quant/eval/integer_evaluator.h"

#include <catch2/catch.hpp>

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

TEST_CASE("a result of the host that is no number is 0") {
  NetworkBuilder builder({1, 1, 2});
  const Network network = builder.build(builder.host("root", {0}, host_operator("Sqrt")));
  const QuantizedNetwork quantized = quantize(network, {{{"input", {-1, 1}}, {"root", {0, 1}}}});
  const IntegerEvaluator evaluator(quantized);
  CHECK(evaluator.run({0, 127}) == std::vector<std::int32_t>{0, 255});
  CHECK(evaluator.run({127, -1}) == std::vector<std::int32_t>{255, 0});
}
