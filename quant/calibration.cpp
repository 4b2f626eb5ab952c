#include "quant/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "quant/evaluator.h"

namespace bitbalance {
namespace {

float magnitude(const TensorRange& range) {
  return std::max(std::abs(range.min), std::abs(range.max));
}

void extend(TensorRange& range, float low, float high, bool is_first) {
  range.min = is_first ? low : std::min(range.min, low);
  range.max = is_first ? high : std::max(range.max, high);
}

// Counts of |value| in equal steps up to a known largest magnitude.
class MagnitudeHistogram {
 public:
  explicit MagnitudeHistogram(float largest) : largest_(largest) {}

  void add(const std::vector<float>& values) {
    if (largest_ == 0) return;
    const float bins_per_unit = static_cast<float>(kBins) / largest_;
    for (const float value : values) {
      if (value == 0) {
        ++zeros_;
      } else {
        ++counts_[std::min(static_cast<std::size_t>(std::abs(value) * bins_per_unit), kBins - 1)];
      }
    }
    total_ += values.size();
  }

  // Upper edge of the bin in which the share is reached.
  float percentile(double percentile) const {
    const double wanted = static_cast<double>(total_) * percentile / 100.0;
    std::uint64_t seen = zeros_;
    std::size_t bin = 0;
    while (bin < kBins && static_cast<double>(seen) < wanted) seen += counts_[bin++];
    return upper_edge(bin);
  }

  // The limit with the least squared error when `levels` steps reach up to it: a twelfth of a squared step
  // for a value that is rounded, the squared excess for one that saturates. Zeros are exact.
  float least_error(double levels) const {
    constexpr std::size_t kSmallest = kBins / 8;
    constexpr std::size_t kStep = kBins / 256;
    std::size_t best = kBins;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t limit = kSmallest; limit <= kBins; limit += kStep) {
      const double step = static_cast<double>(limit) / levels;
      const double rounding = step * step / 12;
      double error = 0;
      for (std::size_t bin = 0; bin < kBins; ++bin) {
        const double excess = static_cast<double>(bin) + 0.5 - static_cast<double>(limit);
        error += static_cast<double>(counts_[bin]) * (excess > 0 ? excess * excess : rounding);
      }
      if (error > least) continue;
      least = error;
      best = limit;
    }
    return upper_edge(best);
  }

 private:
  static constexpr std::size_t kBins = 4096;

  float upper_edge(std::size_t bin) const {
    return largest_ * static_cast<float>(bin) / static_cast<float>(kBins);
  }

  float largest_;
  std::uint64_t total_ = 0;
  std::uint64_t zeros_ = 0;
  std::array<std::uint64_t, kBins> counts_{};
};

double levels_of(const TensorRange& range, int bits) {
  return std::exp2(range.min >= 0 && bits == 8 ? bits : bits - 1) - 1;
}

}  // namespace

const char* to_string(Clipping clipping) {
  return clipping == Clipping::kPercentile ? "percentile" : "error";
}

Calibration calibrate(const Network& network, const std::vector<std::vector<float>>& images,
                      const CalibrationOptions& options) {
  if (!(options.percentile > 0 && options.percentile <= 100)) {
    throw std::invalid_argument(
        fmt::format("calibration percentile is {}; accepted: above 0, at most 100", options.percentile));
  }
  if (images.empty()) throw std::invalid_argument("calibration needs at least one image");

  Evaluator evaluator(network);
  std::vector<TensorRange> ranges(network.tensors.size());
  std::vector<std::vector<TensorRange>> channels(network.tensors.size());
  for (std::size_t image = 0; image < images.size(); ++image) {
    evaluator.run(images[image]);
    for (std::size_t t = 0; t < ranges.size(); ++t) {
      const std::vector<float>& values = evaluator.values(static_cast<int>(t));
      if (values.empty()) continue;
      channels[t].resize(network.tensors[t].shape.channels);
      const std::size_t plane = values.size() / channels[t].size();
      for (std::size_t c = 0; c < channels[t].size(); ++c) {
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(c * plane);
        const auto [low, high] = std::minmax_element(first, first + static_cast<std::ptrdiff_t>(plane));
        extend(channels[t][c], *low, *high, image == 0);
        extend(ranges[t], *low, *high, image == 0 && c == 0);
      }
    }
  }

  const bool by_error = options.clipping == Clipping::kError;
  if (by_error || options.percentile < 100) {
    std::vector<MagnitudeHistogram> histograms;
    histograms.reserve(ranges.size());
    for (const TensorRange& range : ranges) histograms.emplace_back(magnitude(range));
    for (const std::vector<float>& image : images) {
      evaluator.run(image);
      for (std::size_t t = 0; t < ranges.size(); ++t)
        histograms[t].add(evaluator.values(static_cast<int>(t)));
    }
    for (std::size_t t = 0; t < ranges.size(); ++t) {
      if (static_cast<int>(t) == network.input) continue;
      const float limit = by_error ? histograms[t].least_error(levels_of(ranges[t], options.activation_bits))
                                   : histograms[t].percentile(options.percentile);
      ranges[t] = {std::max(ranges[t].min, -limit), std::min(ranges[t].max, limit)};
    }
  }

  Calibration calibration;
  for (std::size_t t = 0; t < ranges.size(); ++t) {
    calibration.ranges[network.tensors[t].name] = ranges[t];
    calibration.channels[network.tensors[t].name] = std::move(channels[t]);
  }
  return calibration;
}

}  // namespace bitbalance
