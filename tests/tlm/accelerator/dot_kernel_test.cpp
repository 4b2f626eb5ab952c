// The versions of the array's inner loop agree with one another in every bit, at every odd size and at the
// extremes of a word's parts.
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "tests/support/names.h"
#include "tlm/accelerator/datapath/dot_kernel.h"

using namespace bitbalance::tlm_level;

namespace {

struct Case {
  std::vector<std::uint32_t> weights, activations, taps, sums;
  DotOperands operands;
};

Case draw(std::mt19937& random) {
  const auto uniform = [&random](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  Case c;
  DotOperands& o = c.operands;
  o.rows = uniform(1, kRowBlock);
  o.vectors = uniform(1, 8);
  o.words = uniform(1, 20);
  o.sum_pitch = static_cast<std::size_t>(o.vectors) * kLaneVector + kLaneVector;
  const auto fill = [&](std::vector<std::uint32_t>& words, std::size_t count) {
    words.resize(count);
    for (std::uint32_t& word : words)
      word = uniform(0, 9) == 0 ? 0x80008080u : static_cast<std::uint32_t>(random());
  };
  constexpr int kFarthest = 50;
  fill(c.weights, static_cast<std::size_t>(o.words) * kRowBlock);
  fill(c.activations, static_cast<std::size_t>(o.vectors) * kLaneVector + kFarthest);
  fill(c.sums, static_cast<std::size_t>(o.rows) * o.sum_pitch);
  for (int i = 0; i < o.words; ++i) c.taps.push_back(static_cast<std::uint32_t>(uniform(0, kFarthest)));
  o.weights = c.weights.data();
  o.activations = c.activations.data();
  o.taps = c.taps.data();
  return c;
}

std::vector<std::uint32_t> sums_of(const Case& c, Dot version) {
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
    for (const WordFormat format : {WordFormat::kPairs, WordFormat::kQuads}) {
      const auto expected = sums_of(c, portable_dot(format));
      for (const auto version : {fastest_dot, avx2_dot, avx512_dot, vnni_dot}) {
        if (const Dot dot = version(format)) REQUIRE((sums_of(c, dot) == expected));
      }
    }
  }
}
