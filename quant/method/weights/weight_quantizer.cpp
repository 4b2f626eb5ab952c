#include "quant/method/weights/weight_quantizer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/bits.h"
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
void squared_errors(const double* weights, std::size_t count, const RepresentableSet& set, double per_scale,
                    double* squares) {
  for (std::size_t i = 0; i < count; ++i) {
    const double steps = weights[i] * per_scale;
    const double error = steps - set.nearest_magnitude(steps);
    squares[i] = error * error;
  }
}

/// A scale on trial. Of two with the same error the one of lower rank wins.
struct Candidate {
  double scale = 0;
  int rank = 0;
};

/// Finds the scale with the least squared error among those that it is told to consider.
class ScaleSearch {
 public:
  ScaleSearch(const float* weights, std::size_t count, const RepresentableSet& set) : set_(set) {
    // A filter is a sample of one distribution, so that a part of a long one tells its best scale just as
    // well.
    constexpr std::size_t kLargestSample = 4096;
    const std::size_t step = ceil_div(count, kLargestSample);
    sample_.reserve(ceil_div(count, step));
    for (std::size_t i = 0; i < count; i += step) sample_.push_back(std::abs(weights[i]));
  }

  /// Those that are likely to be good come first: the others are given up early.
  void consider(const std::vector<Candidate>& candidates) {
    for (std::size_t begin = 0; begin < candidates.size(); begin += kLanes)
      judge(&candidates[begin], std::min(kLanes, candidates.size() - begin));
  }

  double best() const { return best_.scale; }

 private:
  void judge(const Candidate* candidates, std::size_t count) {
    std::array<double, kLanes> sums{};
    const auto error = [&](std::size_t lane) {
      return sums[lane] * candidates[lane].scale * candidates[lane].scale;
    };
    // A sum only grows: once all errors are above the least one, no scale of these is the best.
    for (std::size_t begin = 0; begin < sample_.size(); begin += kPart) {
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
    const std::size_t part = std::min(kPart, sample_.size() - begin);
    for (std::size_t lane = 0; lane < count; ++lane)
      squared_errors(&sample_[begin], part, set_, 1 / candidates[lane].scale, squares_[lane].data());
    std::array<double, kLanes> sum = sums;
    for (std::size_t i = 0; i < part; ++i)
      for (std::size_t lane = 0; lane < kLanes; ++lane) sum[lane] += squares_[lane][i];
    sums = sum;
  }

  const RepresentableSet& set_;
  std::vector<double> sample_;  ///< |weights|
  std::array<std::array<double, kPart>, kLanes> squares_{};
  Candidate best_;
  double least_error_ = std::numeric_limits<double>::infinity();
};

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
  ScaleSearch search(weights, count, set);
  // Two octaves down, where few-bit weights trade the clipping of outliers for resolution; one up, because
  // the error of few tokens repeats with every octave. Eight steps each, then finer ones between the
  // neighbours of the best.
  constexpr int kSteps = 8;
  const double reference = static_cast<double>(largest_magnitude(weights, count)) / set.magnitudes().back();
  std::vector<Candidate> candidates;
  candidates.reserve(3 * kSteps + 2);
  for (int i = kSteps; i >= -2 * kSteps; --i)
    candidates.push_back({reference * std::exp2(static_cast<double>(i) / kSteps), i});
  candidates.push_back({absmax, -2 * kSteps - 1});
  search.consider(candidates);
  const double coarse = search.best();
  candidates.clear();
  for (int i = -kSteps + 1; i < kSteps; ++i) {
    const double finer = std::exp2(static_cast<double>(i) / (kSteps * kSteps));
    if (i != 0) candidates.push_back({coarse * finer, 2 * kSteps + i});
  }
  search.consider(candidates);
  return search.best();
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
