// The fast evaluator of quantized networks against the golden model.
#include "quant/eval/integer_evaluator.h"

#include <catch2/catch.hpp>

#include "testbench/golden/golden.h"
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
