#include "quant/method/weight_quantizer.h"

#include <algorithm>
#include <cmath>

#include "base/bits.h"
#include "base/interruption.h"

namespace bitbalance::method {
namespace {

float largest_magnitude(const float* weights, std::size_t count) {
  float largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(weights[i]));
  return largest;
}

}  // namespace

double absmax_scale(const float* weights, std::size_t count, int weight_bits) {
  return static_cast<double>(largest_magnitude(weights, count)) / ((1 << (weight_bits - 1)) - 1);
}

double search_scale(const float* weights, std::size_t count, const RepresentableSet& set, double absmax) {
  throw_if_interrupted();
  if (absmax == 0) return 0;
  // A filter is a sample of one distribution, so that a part of a long one tells its best scale just as well.
  constexpr std::size_t kLargestSample = 4096;
  const std::size_t step = ceil_div(count, kLargestSample);
  const auto squared_error = [&](double scale) {
    const double per_scale = 1 / scale;
    double sum = 0;
    for (std::size_t i = 0; i < count; i += step) {
      const double steps = std::abs(weights[i]) * per_scale;
      const double error = steps - set.nearest_magnitude(steps);
      sum += error * error;
    }
    return sum * scale * scale;
  };

  double best = absmax;
  double least_error = squared_error(absmax);
  const auto consider = [&](double scale) {
    const double error = squared_error(scale);
    if (error < least_error) {
      least_error = error;
      best = scale;
    }
  };
  // Two octaves down, where few-bit weights trade the clipping of outliers for resolution; one up, because
  // the error of few tokens repeats with every octave. Eight steps each, then finer ones between the
  // neighbours of the best.
  constexpr int kSteps = 8;
  const double reference = static_cast<double>(largest_magnitude(weights, count)) / set.magnitudes().back();
  for (int i = -2 * kSteps; i <= kSteps; ++i)
    consider(reference * std::exp2(static_cast<double>(i) / kSteps));
  const double coarse = best;
  for (int i = -kSteps + 1; i < kSteps; ++i)
    consider(coarse * std::exp2(static_cast<double>(i) / (kSteps * kSteps)));
  return best;
}

std::vector<std::int16_t> round_weights(const float* weights, std::size_t count, const RepresentableSet& set,
                                        double scale) {
  throw_if_interrupted();
  std::vector<std::int16_t> rounded(count, 0);
  if (scale == 0) return rounded;
  for (std::size_t i = 0; i < count; ++i)
    rounded[i] = static_cast<std::int16_t>(set.nearest(weights[i] / scale));
  return rounded;
}

}  // namespace bitbalance::method
