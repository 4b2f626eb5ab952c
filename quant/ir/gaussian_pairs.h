// Pairs of weights of a normal distribution, by Box and Muller: many at a time.
#pragma once

#include <cstddef>

#include "quant/ir/weight_draws.h"

namespace bitbalance::ir {

/// Two independent numbers of mean 0 and deviation 1, by the functions of cmath.
struct GaussianPair {
  double first, second;

  /// Takes two numbers.
  explicit GaussianPair(Random& random);
};

/// Writes the next `pairs` GaussianPairs times `deviation`, rounded to float: bit for bit, but several
/// times as fast.
void draw_gaussian_pairs(Random& random, double deviation, std::size_t pairs, float* weights);

}  // namespace bitbalance::ir
