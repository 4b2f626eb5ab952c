// Weights of synthetic networks: however many threads draw them and in whichever parts, they are one
// sequence.
#include "quant/ir/weight_draws.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "quant/ir/gaussian_pairs.h"
#include "tests/support/names.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

/// The sequence drawn one after the other, the second weight of a pair kept until it is asked for.
std::vector<float> one_by_one(std::int64_t seed, WeightDistribution distribution, std::size_t count) {
  Random random(seed);
  std::vector<float> weights;
  while (weights.size() < count) {
    if (distribution == WeightDistribution::kLaplace) {
      const double u = random.uniform() - 0.5;
      const double magnitude = -std::log(1 - 2 * std::abs(u)) / std::sqrt(2.0);
      weights.push_back(static_cast<float>(u < 0 ? -magnitude : magnitude));
      continue;
    }
    const double radius = std::sqrt(-2 * std::log(random.uniform()));
    const double angle = 6.283185307179586 * random.uniform();
    weights.push_back(static_cast<float>(radius * std::cos(angle)));
    weights.push_back(static_cast<float>(radius * std::sin(angle)));
  }
  weights.resize(count);
  return weights;
}

}  // namespace

TEST_CASE("numbers of a sequence are those of their places in it") {
  Random all(7);
  for (std::uint64_t i = 0; i < 100; ++i) REQUIRE(Random(7, i).bits() == all.bits());
  CHECK(Random(0).bits() == 0xe220a8397b1dcdaf);  // as published with the algorithm
}

TEST_CASE("weights do not depend on threads, nor on the parts they are drawn in") {
  CHECK(rc::check("any parts", [] {
    const auto distribution = *rc::gen::element(WeightDistribution::kGaussian, WeightDistribution::kLaplace);
    const int threads = *rc::gen::inRange(1, 4);
    const auto parts = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 9));
    const std::size_t long_part = *rc::gen::inRange(0, 2) == 0 ? 0 : 70'001;
    WeightDraws draws(5, distribution, threads);
    std::vector<float> drawn;
    const auto draw = [&](std::size_t count) {
      drawn.resize(drawn.size() + count);
      draws.draw(1, count, drawn.data() + (drawn.size() - count));
    };
    for (const int part : parts) draw(static_cast<std::size_t>(part));
    draw(long_part);
    draw(3);
    RC_ASSERT(drawn == one_by_one(5, distribution, drawn.size()));
  }));
}

TEST_CASE("many weights at a time are those of <cmath>, at any seed and deviation") {
  for (std::int64_t seed = 0; seed < 20; ++seed) {
    const double deviation = std::ldexp(1 + 0.31 * static_cast<double>(seed), static_cast<int>(seed) - 15);
    WeightDraws draws(seed, WeightDistribution::kGaussian, 2);
    std::vector<float> drawn(100'000);
    draws.draw(deviation, drawn.size(), drawn.data());
    Random random(seed);
    for (std::size_t i = 0; i < drawn.size(); i += 2) {
      const GaussianPair pair(random);
      REQUIRE(drawn[i] == static_cast<float>(deviation * pair.first));
      REQUIRE(drawn[i + 1] == static_cast<float>(deviation * pair.second));
    }
  }
}
