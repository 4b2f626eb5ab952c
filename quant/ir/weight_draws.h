// Seeded random numbers of synthetic networks and images: the same for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/ir/names.h"

namespace bitbalance::ir {

enum class WeightDistribution { kGaussian, kLaplace };
const char* to_string(WeightDistribution distribution);

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the same with every compiler and library. Each number is a
/// function of its place in the sequence.
class Random {
 public:
  /// After `drawn` numbers of the sequence of `seed`.
  explicit Random(std::int64_t seed, std::uint64_t drawn = 0)
      : state_(static_cast<std::uint64_t>(seed) + drawn * kStep) {}

  std::uint64_t bits() {
    std::uint64_t z = state_ += kStep;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// Above 0, below 1.
  double uniform() { return (static_cast<double>(bits() >> 12) + 0.5) * 0x1p-52; }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15U;
  std::uint64_t state_;
};

/// One sequence of weights of a distribution with mean 0 and standard deviation 1.
class WeightDraws {
 public:
  /// `threads`: 0: one a core.
  WeightDraws(std::int64_t seed, WeightDistribution distribution, int threads)
      : seed_(seed), distribution_(distribution), threads_(threads) {}

  /// The next `count` weights of the sequence, times `deviation`.
  void draw(double deviation, std::size_t count, float* weights);

 private:
  void fill(std::uint64_t first, double deviation, std::size_t count, float* weights) const;

  std::int64_t seed_;
  WeightDistribution distribution_;
  int threads_;
  std::uint64_t drawn_ = 0;
};

}  // namespace bitbalance::ir
