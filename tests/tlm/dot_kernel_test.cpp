// The versions of the array's inner loop agree with one another in every bit, at every odd size and at the
// extremes of 16 bits.
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "tlm/accelerator/dot_kernel.h"

using namespace bitbalance::tlm_level;

namespace {

struct Case {
  std::vector<std::uint32_t> weights, activations, sums;
  DotOperands operands;
};

Case draw(std::mt19937& random) {
  const auto uniform = [&random](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  Case c;
  DotOperands& o = c.operands;
  o.rows = uniform(1, 40);
  o.vectors = uniform(1, 8);
  o.pairs = uniform(1, 20);
  o.weight_pitch = static_cast<std::size_t>(o.pairs + uniform(0, 3));
  o.lane_pitch = static_cast<std::size_t>(o.vectors) * kLaneVector;
  o.sum_pitch = o.lane_pitch + kLaneVector;
  const auto fill = [&](std::vector<std::uint32_t>& words, std::size_t count) {
    words.resize(count);
    for (std::uint32_t& word : words)
      word = uniform(0, 9) == 0 ? 0x80008000u : static_cast<std::uint32_t>(random());
  };
  fill(c.weights, static_cast<std::size_t>(o.rows) * o.weight_pitch);
  fill(c.activations, static_cast<std::size_t>(o.pairs) * o.lane_pitch);
  fill(c.sums, static_cast<std::size_t>(o.rows) * o.sum_pitch);
  o.weights = c.weights.data();
  o.activations = c.activations.data();
  return c;
}

std::vector<std::uint32_t> sums_of(const Case& c, void (*version)(const DotOperands&)) {
  std::vector<std::uint32_t> sums = c.sums;
  DotOperands operands = c.operands;
  operands.sums = sums.data();
  version(operands);
  return sums;
}

}  // namespace

TEST_CASE("every version of the inner loop gives the same bits") {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    const Case c = draw(random);
    const auto expected = sums_of(c, dot_portable);
    REQUIRE((sums_of(c, dot) == expected));
    if (has_avx2()) REQUIRE((sums_of(c, dot_avx2) == expected));
    if (has_avx512()) REQUIRE((sums_of(c, dot_avx512) == expected));
  }
}
