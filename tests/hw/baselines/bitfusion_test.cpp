// Bit Fusion: what its published description and its authors' simulator say of a Fusion Unit.
#include <catch2/catch.hpp>

#include "base/text/config_error.h"
#include "hw/baselines/baseline_kind.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

BaselineCycles of_one_unit(int weight_bits, Width width, const std::vector<std::int16_t>& weights) {
  Baseline unit(*find_baseline("bitfusion"));
  unit.rows = unit.columns = 1;
  BaselineLayer layer;
  layer.weights = weights.data();
  layer.weight_bits = weight_bits;
  layer.width = width;
  layer.kernel = static_cast<int>(weights.size());
  return layer_cycles(unit, layer);
}

TEST_CASE("a Fusion Unit makes 1, 2 or 4 products per cycle of 8-bit activations, and fewer over time") {
  const std::vector<std::int16_t> sixteen(16, 1);
  // 16 products take 16 / factor cycles; hsharma35/bitfusion, get_perf_factor: 8 / bits of both operands.
  CHECK(of_one_unit(8, Width::k8, sixteen).cycles == 16);
  CHECK(of_one_unit(4, Width::k8, sixteen).cycles == 8);
  CHECK(of_one_unit(2, Width::k8, sixteen).cycles == 4);
  // Twice as long for each operand beyond 8 bits (isakedo/DNNsim, time_multiplex).
  CHECK(of_one_unit(16, Width::k8, sixteen).cycles == 32);
  CHECK(of_one_unit(8, Width::k16, sixteen).cycles == 32);
  CHECK(of_one_unit(16, Width::k16, sixteen).cycles == 64);
}

TEST_CASE("weights in between are as wide as the next width that bricks fuse to") {
  const std::vector<std::int16_t> sixteen(16, 1);
  for (const auto& [bits, as] : {std::pair{3, 4}, std::pair{5, 8}, std::pair{7, 8}, std::pair{9, 16}})
    CHECK(of_one_unit(bits, Width::k8, sixteen).cycles == of_one_unit(as, Width::k8, sixteen).cycles);
}

TEST_CASE("a brick without a bit of the weight is empty, and values change no cycle") {
  const auto terms = [](std::int16_t weight) {
    const BaselineCycles cycles = of_one_unit(8, Width::k8, {weight});
    CHECK(cycles.cycles == 16);
    return cycles.terms;
  };
  CHECK(terms(0) == 0);
  CHECK(terms(1) == 4);  // one of four pieces, with the four of an activation
  CHECK(terms(0x11) == 8);
  CHECK(terms(-1) == 16);  // two's complement: ones throughout
  CHECK(terms(-64) == 4);
}

TEST_CASE("a Fusion Unit has 16 bricks") {
  Baseline unit(*find_baseline("bitfusion"));
  CHECK(unit.lanes == 16);
  unit.lanes = 8;
  CHECK_THROWS_WITH(check(unit), "bitfusion: lanes = 8: accepted: 16");
}

}  // namespace
}  // namespace bitbalance::test
