#include "quant/ir/weight_draws.h"

#include <algorithm>
#include <cmath>

#include "base/bits.h"
#include "base/process/parallel.h"
#include "quant/ir/gaussian_pairs.h"

namespace bitbalance::ir {
namespace {

double laplace(Random& random) {
  const double u = random.uniform() - 0.5;
  const double magnitude = -std::log(1 - 2 * std::abs(u)) / std::sqrt(2.0);
  return u < 0 ? -magnitude : magnitude;
}

}  // namespace

const char* to_string(WeightDistribution distribution) {
  switch (distribution) {
    case WeightDistribution::kGaussian:
      return "gaussian";
    case WeightDistribution::kLaplace:
      return "laplace";
  }
  return "?";
}

void WeightDraws::draw(double deviation, std::size_t count, float* weights) {
  constexpr std::size_t kPart = 1 << 16;  // worth a thread's while
  parallel_for(static_cast<int>(ceil_div(count, kPart)), threads_, [&](int part) {
    const std::size_t begin = static_cast<std::size_t>(part) * kPart;
    fill(drawn_ + begin, deviation, std::min(kPart, count - begin), weights + begin);
  });
  drawn_ += count;
}

void WeightDraws::fill(std::uint64_t first, double deviation, std::size_t count, float* weights) const {
  const auto scaled = [deviation](double draw) { return static_cast<float>(deviation * draw); };
  if (distribution_ == WeightDistribution::kLaplace) {
    Random random(seed_, first);
    std::generate(weights, weights + count, [&] { return scaled(laplace(random)); });
    return;
  }
  // Weights 2 i and 2 i + 1 are a pair, of two numbers.
  Random random(seed_, first / 2 * 2);
  std::size_t at = 0;
  if (first % 2 != 0 && count > 0) weights[at++] = scaled(GaussianPair(random).second);
  const std::size_t pairs = (count - at) / 2;
  draw_gaussian_pairs(random, deviation, pairs, weights + at);
  at += 2 * pairs;
  if (at < count) weights[at] = scaled(GaussianPair(random).first);
}

}  // namespace bitbalance::ir
