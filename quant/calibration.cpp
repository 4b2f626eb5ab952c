#include "quant/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "quant/evaluator.h"

namespace bitbalance {
namespace {

float magnitude(const TensorRange& range) {
  return std::max(std::abs(range.min), std::abs(range.max));
}

// Counts of |value| in equal steps up to a known largest magnitude.
class MagnitudeHistogram {
 public:
  explicit MagnitudeHistogram(float largest) : largest_(largest) {}

  void add(const std::vector<float>& values) {
    if (largest_ == 0) return;
    const float bins_per_unit = static_cast<float>(kBins) / largest_;
    for (const float value : values)
      ++counts_[std::min(static_cast<std::size_t>(std::abs(value) * bins_per_unit), kBins - 1)];
    total_ += values.size();
  }

  // Upper edge of the bin in which the share is reached.
  float limit(double percentile) const {
    const double wanted = static_cast<double>(total_) * percentile / 100.0;
    std::uint64_t seen = 0;
    std::size_t bin = 0;
    while (bin < kBins && static_cast<double>(seen) < wanted) seen += counts_[bin++];
    return largest_ * static_cast<float>(bin) / static_cast<float>(kBins);
  }

 private:
  static constexpr std::size_t kBins = 4096;
  float largest_;
  std::uint64_t total_ = 0;
  std::array<std::uint64_t, kBins> counts_{};
};

}  // namespace

Calibration calibrate(const Network& network, const std::vector<std::vector<float>>& images,
                      const CalibrationOptions& options) {
  if (!(options.percentile > 0 && options.percentile <= 100)) {
    throw std::invalid_argument(
        fmt::format("calibration percentile is {}; accepted: above 0, at most 100", options.percentile));
  }
  if (images.empty()) throw std::invalid_argument("calibration needs at least one image");

  Evaluator evaluator(network);
  std::vector<TensorRange> ranges(network.tensors.size());
  for (std::size_t image = 0; image < images.size(); ++image) {
    evaluator.run(images[image]);
    for (std::size_t t = 0; t < ranges.size(); ++t) {
      const std::vector<float>& values = evaluator.values(static_cast<int>(t));
      if (values.empty()) continue;
      const auto [low, high] = std::minmax_element(values.begin(), values.end());
      ranges[t].min = image == 0 ? *low : std::min(ranges[t].min, *low);
      ranges[t].max = image == 0 ? *high : std::max(ranges[t].max, *high);
    }
  }

  if (options.percentile < 100) {
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
      const float limit = histograms[t].limit(options.percentile);
      ranges[t] = {std::max(ranges[t].min, -limit), std::min(ranges[t].max, limit)};
    }
  }

  Calibration calibration;
  for (std::size_t t = 0; t < ranges.size(); ++t) calibration.ranges[network.tensors[t].name] = ranges[t];
  return calibration;
}

}  // namespace bitbalance
