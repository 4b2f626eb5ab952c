#include "quant/method/weights/weight_quantizer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/process/interruption.h"
#include "base/vector_clones.h"

namespace bitbalance::method {
namespace {

float largest_magnitude(const float* weights, std::size_t count) {
  float largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(weights[i]));
  return largest;
}

constexpr std::size_t kLanes = 8;   ///< scales that are judged side by side
constexpr std::size_t kPart = 128;  ///< weights between two looks at their errors

/// Squared error of each |weight| in units of a scale.
BITBALANCE_VECTOR_CLONES
void squared_errors(const float* weights, std::size_t count, const RepresentableSet& set, double per_scale,
                    double* squares) {
  for (std::size_t i = 0; i < count; ++i) {
    const double steps = std::abs(static_cast<double>(weights[i])) * per_scale;
    const double error = steps - set.nearest_magnitude(steps);
    squares[i] = error * error;
  }
}

/// A scale on trial. Of two with the same error the one of lower rank wins.
struct Candidate {
  double scale = 0;
  int rank = 0;
};

struct Weights {
  const float* values = nullptr;
  std::size_t count = 0;
};

/// `size` of the weights. The steps are near the golden ratio of all and have no divisor in common with them:
/// so the channels have equal shares, and so has every row and column of the kernel.
std::vector<float> sample_of(const Weights& weights, std::size_t size) {
  constexpr double kGolden = 0.6180339887498949;
  auto step = static_cast<std::size_t>(kGolden * static_cast<double>(weights.count));
  while (std::gcd(step, weights.count) != 1) ++step;
  std::vector<float> sample(size);
  std::size_t at = 0;
  for (float& weight : sample) {
    weight = weights.values[at];
    at = (at + step) % weights.count;
  }
  return sample;
}

/// Finds the scale with the least squared error among those that it is told to consider.
class ScaleSearch {
 public:
  ScaleSearch(const Weights& weights, const RepresentableSet& set) : weights_(weights), set_(set) {}

  /// Those that are likely to be good come first: the others are given up early.
  void consider(const std::vector<Candidate>& candidates) {
    for (std::size_t begin = 0; begin < candidates.size(); begin += kLanes)
      judge(&candidates[begin], std::min(kLanes, candidates.size() - begin));
  }

  const Candidate& best() const { return best_; }

 private:
  void judge(const Candidate* candidates, std::size_t count) {
    std::array<double, kLanes> sums{};
    const auto error = [&](std::size_t lane) {
      return sums[lane] * candidates[lane].scale * candidates[lane].scale;
    };
    // A sum only grows: once all errors are above the least one, no scale of these is the best.
    for (std::size_t begin = 0; begin < weights_.count; begin += kPart) {
      add_errors(begin, candidates, count, sums);
      bool is_hopeless = true;
      for (std::size_t lane = 0; lane < count; ++lane) is_hopeless &= error(lane) > least_error_;
      if (is_hopeless) return;
    }
    for (std::size_t lane = 0; lane < count; ++lane) {
      const bool is_first_of_equals = error(lane) == least_error_ && candidates[lane].rank < best_.rank;
      if (error(lane) >= least_error_ && !is_first_of_equals) continue;
      least_error_ = error(lane);
      best_ = candidates[lane];
    }
  }

  /// Of the weights from `begin` on. Each sum is in the order of the weights, whatever the width of the
  /// machine's vectors, so that it is the same everywhere.
  void add_errors(std::size_t begin, const Candidate* candidates, std::size_t count,
                  std::array<double, kLanes>& sums) {
    const std::size_t part = std::min(kPart, weights_.count - begin);
    for (std::size_t lane = 0; lane < count; ++lane)
      squared_errors(&weights_.values[begin], part, set_, 1 / candidates[lane].scale, squares_[lane].data());
    std::array<double, kLanes> sum = sums;
    for (std::size_t i = 0; i < part; ++i)
      for (std::size_t lane = 0; lane < kLanes; ++lane) sum[lane] += squares_[lane][i];
    sums = sum;
  }

  const Weights weights_;
  const RepresentableSet& set_;
  std::array<std::array<double, kPart>, kLanes> squares_{};
  Candidate best_;
  double least_error_ = std::numeric_limits<double>::infinity();
};

Candidate best_of(const std::vector<Candidate>& candidates, const Weights& weights,
                  const RepresentableSet& set) {
  ScaleSearch search(weights, set);
  search.consider(candidates);
  return search.best();
}

constexpr int kSteps = 8;  ///< of an octave, and of such a step

/// Two octaves down, where few-bit weights trade the clipping of outliers for resolution; one up, because the
/// error of few tokens repeats with every octave.
std::vector<Candidate> coarse_scales(double reference) {
  std::vector<Candidate> candidates;
  for (int i = kSteps; i >= -2 * kSteps; --i)
    candidates.push_back({reference * std::exp2(static_cast<double>(i) / kSteps), i});
  return candidates;
}

/// Between the neighbours of a coarse one.
std::vector<Candidate> finer_scales(double coarse) {
  std::vector<Candidate> candidates;
  for (int i = -kSteps + 1; i < kSteps; ++i) {
    const double finer = std::exp2(static_cast<double>(i) / (kSteps * kSteps));
    if (i != 0) candidates.push_back({coarse * finer, 2 * kSteps + i});
  }
  return candidates;
}

/// Of a long filter: a sample chooses, and all weights decide. Outliers that the sample leaves out would be
/// clipped by the lower scales, so the best of each octave is among those on trial.
double search_by_sample(const Weights& weights, const RepresentableSet& set,
                        const std::vector<Candidate>& coarse, const Candidate& absmax) {
  constexpr std::size_t kSample = 1024;
  const std::vector<float> drawn = sample_of(weights, kSample);
  const Weights sample{drawn.data(), drawn.size()};
  const auto down = coarse.begin() + kSteps, further = down + kSteps;
  std::vector<Candidate> candidates = {best_of({coarse.begin(), down}, sample, set),
                                       best_of({down, further}, sample, set),
                                       best_of({further, coarse.end()}, sample, set), absmax};
  const double best = best_of(candidates, sample, set).scale;
  candidates.push_back(best_of(finer_scales(best), sample, set));
  return best_of(candidates, weights, set).scale;
}

BITBALANCE_VECTOR_CLONES
void round_to(const RepresentableSet& set, const float* weights, std::size_t count, double scale,
              std::int16_t* rounded) {
  for (std::size_t i = 0; i < count; ++i) {
    const double steps = weights[i] / scale;
    const std::int32_t magnitude = set.nearest_magnitude(std::abs(steps));
    rounded[i] = static_cast<std::int16_t>(steps < 0 ? -magnitude : magnitude);
  }
}

}  // namespace

double absmax_scale(const float* weights, std::size_t count, int weight_bits) {
  return static_cast<double>(largest_magnitude(weights, count)) / ((1 << (weight_bits - 1)) - 1);
}

double search_scale(const float* weights, std::size_t count, const RepresentableSet& set, double absmax) {
  throw_if_interrupted();
  if (absmax == 0) return 0;
  constexpr std::size_t kLongestJudgedWhole = 4096;
  const Weights all{weights, count};
  std::vector<Candidate> candidates =
      coarse_scales(static_cast<double>(largest_magnitude(weights, count)) / set.magnitudes().back());
  const Candidate of_absmax{absmax, -2 * kSteps - 1};
  if (count > kLongestJudgedWhole) return search_by_sample(all, set, candidates, of_absmax);
  candidates.push_back(of_absmax);
  ScaleSearch search(all, set);
  search.consider(candidates);
  search.consider(finer_scales(search.best().scale));
  return search.best().scale;
}

void round_weights(const float* weights, std::size_t count, const RepresentableSet& set, double scale,
                   std::int16_t* rounded) {
  throw_if_interrupted();
  if (scale == 0) {
    std::fill(rounded, rounded + count, std::int16_t{0});
  } else {
    round_to(set, weights, count, scale, rounded);
  }
}

}  // namespace bitbalance::method
