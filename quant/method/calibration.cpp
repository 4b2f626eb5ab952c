#include "quant/method/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "base/process/parallel.h"
#include "base/text/config_error.h"
#include "quant/eval/evaluator.h"

namespace bitbalance::method {
namespace {

float magnitude(const ValueRange& range) {
  return std::max(std::abs(range.min), std::abs(range.max));
}

constexpr ValueRange kEmpty = {std::numeric_limits<float>::infinity(),
                               -std::numeric_limits<float>::infinity()};

void extend(ValueRange& range, const ValueRange& by) {
  range.min = std::min(range.min, by.min);
  range.max = std::max(range.max, by.max);
}

ValueRange range_of(const float* values, std::size_t count) {
  constexpr std::size_t kLanes = 8;  // partial results, so that the compiler may use vectors
  std::array<float, kLanes> low{}, high{};
  low.fill(kEmpty.min);
  high.fill(kEmpty.max);
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      low[lane] = std::min(low[lane], values[i + lane]);
      high[lane] = std::max(high[lane], values[i + lane]);
    }
  }
  ValueRange range = kEmpty;
  for (std::size_t lane = 0; lane < kLanes; ++lane) extend(range, {low[lane], high[lane]});
  for (; i < count; ++i) extend(range, {values[i], values[i]});
  return range;
}

/// Calls visit(tensor, values) for every image's tensors that have values; those of one tensor come one
/// after another, in the order of the images.
template <typename Visit>
void visit_values(const Network& network, const std::vector<std::vector<float>>& images, int threads,
                  const Visit& visit) {
  constexpr int kAtOnce = 8;  // bounds the memory: an evaluator keeps all tensors
  const auto count = static_cast<int>(images.size());
  std::vector<Evaluator> evaluators(std::min({kAtOnce, count, threads_of(threads)}), Evaluator(network));
  const auto at_once = static_cast<int>(evaluators.size());
  for (int first = 0; first < count; first += at_once) {
    const int here = std::min(at_once, count - first);
    parallel_for(here, threads, [&](int i) { evaluators[i].run(images[first + i]); });
    parallel_for(static_cast<int>(network.tensors.size()), threads, [&](int tensor) {
      for (int i = 0; i < here; ++i)
        if (!evaluators[i].values(tensor).empty()) visit(tensor, evaluators[i].values(tensor));
    });
  }
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

double levels_of(const ValueRange& range, int bits) {
  return std::exp2(range.min >= 0 && bits == 8 ? bits : bits - 1) - 1;
}

}  // namespace

const char* to_string(Clipping clipping) {
  return clipping == Clipping::kPercentile ? "percentile" : "error";
}

Calibration calibrate(const Network& network, const std::vector<std::vector<float>>& images,
                      const CalibrationOptions& options) {
  require(options.percentile > 0 && options.percentile <= 100, "quantization", "calibration_percentile",
          options.percentile, "above 0, at most 100");
  if (images.empty()) throw std::invalid_argument("calibration needs at least one image");

  std::vector<std::vector<ValueRange>> channels;
  for (const Tensor& tensor : network.tensors) channels.emplace_back(tensor.shape.channels, kEmpty);
  visit_values(network, images, options.threads, [&](int tensor, const std::vector<float>& values) {
    const auto wrong =
        std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
    if (wrong != values.end()) {
      throw std::invalid_argument(
          fmt::format("calibration: a value of tensor '{}' is {}; accepted: finite values",
                      network.tensors[tensor].name, *wrong));
    }
    const std::size_t plane = values.size() / channels[tensor].size();
    for (std::size_t c = 0; c < channels[tensor].size(); ++c)
      extend(channels[tensor][c], range_of(&values[c * plane], plane));
  });
  std::vector<ValueRange> ranges;
  for (std::vector<ValueRange>& of_tensor : channels) {
    ValueRange whole = kEmpty;
    for (const ValueRange& channel : of_tensor) extend(whole, channel);
    if (whole.min > whole.max) {  // no node writes it
      whole = {};
      of_tensor.clear();
    }
    ranges.push_back(whole);
  }

  const bool by_error = options.clipping == Clipping::kError;
  if (by_error || options.percentile < 100) {
    std::vector<MagnitudeHistogram> histograms;
    histograms.reserve(ranges.size());
    for (const ValueRange& range : ranges) histograms.emplace_back(magnitude(range));
    visit_values(network, images, options.threads,
                 [&](int tensor, const std::vector<float>& values) { histograms[tensor].add(values); });
    for (std::size_t t = 0; t < ranges.size(); ++t) {
      if (static_cast<int>(t) == network.input) continue;
      const float limit = by_error ? histograms[t].least_error(levels_of(ranges[t], options.activation_bits))
                                   : histograms[t].percentile(options.percentile);
      ranges[t] = {std::max(ranges[t].min, -limit), std::min(ranges[t].max, limit)};
    }
  }

  Calibration calibration;
  for (std::size_t t = 0; t < ranges.size(); ++t) {
    if (const std::optional<ValueBounds>& stated = network.tensors[t].bounds;
        stated && !channels[t].empty()) {
      ranges[t] = {ranges[t].min >= 0 ? 0 : stated->low, stated->high};
      ++calibration.from_file;
    }
    calibration.ranges[network.tensors[t].name] = ranges[t];
    calibration.channels[network.tensors[t].name] = std::move(channels[t]);
  }
  return calibration;
}

}  // namespace bitbalance::method
