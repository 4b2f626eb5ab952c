#include "quant/normalization.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bitbalance {

std::vector<float> local_response_normalization(const std::vector<float>& values, int channels,
                                                const Lrn& lrn) {
  const std::size_t plane = values.size() / channels;
  const int below = (lrn.size - 1) / 2;
  const int above = lrn.size - 1 - below;
  std::vector<float> result(values.size());
  std::vector<double> squares(plane);
  for (int c = 0; c < channels; ++c) {
    std::fill(squares.begin(), squares.end(), 0.0);
    for (int i = std::max(0, c - below); i <= std::min(channels - 1, c + above); ++i) {
      const float* x = &values[i * plane];
      for (std::size_t p = 0; p < plane; ++p) squares[p] += static_cast<double>(x[p]) * x[p];
    }
    for (std::size_t p = 0; p < plane; ++p) {
      const double divisor =
          std::pow(lrn.k + static_cast<double>(lrn.alpha) / lrn.size * squares[p], lrn.beta);
      result[c * plane + p] = static_cast<float>(values[c * plane + p] / divisor);
    }
  }
  return result;
}

std::vector<float> softmax(const std::vector<float>& values) {
  const float largest = *std::max_element(values.begin(), values.end());  // keeps exp from overflowing
  std::vector<double> exponentials(values.size());
  std::transform(values.begin(), values.end(), exponentials.begin(),
                 [&](float x) { return std::exp(static_cast<double>(x) - largest); });
  const double sum = std::accumulate(exponentials.begin(), exponentials.end(), 0.0);
  std::vector<float> result(values.size());
  std::transform(exponentials.begin(), exponentials.end(), result.begin(),
                 [&](double e) { return static_cast<float>(e / sum); });
  return result;
}

}  // namespace bitbalance
