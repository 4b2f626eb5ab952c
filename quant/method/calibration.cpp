#include "quant/method/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "base/process/interruption.h"
#include "base/process/parallel.h"
#include "base/text/config_error.h"
#include "quant/eval/evaluator.h"
#include "quant/method/layers/host_placement.h"

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

/// Shows every tensor that has values, of all images, to copies of `totals`, whose sum is returned. Tensors
/// are freed after their last reader.
template <typename Totals>
Totals totals_of(const Network& network, const std::vector<std::vector<float>>& images, int threads,
                 const Totals& totals) {
  constexpr int kAtOnce = 8;  // bounds the memory
  const auto count = static_cast<int>(images.size());
  const int at_once = std::min({kAtOnce, count, threads_of(threads)});
  const std::vector<int> readers = count_uses(network);
  std::vector<Totals> sums(at_once, totals);
  parallel_for(at_once, threads, [&](int i) {
    Evaluator evaluator(network);
    for (int image = i; image < count; image += at_once) {
      throw_if_interrupted();
      std::vector<int> left = readers;
      evaluator.load(images[image]);
      sums[i].add(network.input, evaluator.values(network.input));
      for (const Node& node : network.nodes) {
        evaluator.evaluate(node);
        sums[i].add(node.output, evaluator.values(node.output));
        for (const int source : sources(node))
          if (--left[source] == 0) evaluator.release(source);
      }
    }
  });
  for (int i = 1; i < at_once; ++i) sums[0].add(sums[i]);
  return std::move(sums[0]);
}

/// Tensors between operators that run on the host, which may be infinite: a mask ahead of a Softmax is.
std::vector<bool> between_host_operators(const Network& network) {
  const std::vector<bool> on_host = nodes_on_host(network);
  std::vector<bool> found(network.tensors.size(), false);
  for (std::size_t n = 0; n < on_host.size(); ++n) {
    const int output = network.nodes[n].output;
    found[output] = on_host[n] && !is_result(network, output);
  }
  for (std::size_t n = 0; n < on_host.size(); ++n) {
    if (on_host[n]) continue;
    for (const int tensor : sources(network.nodes[n])) found[tensor] = false;
  }
  return found;
}

/// Ranges of the channels of each tensor.
class ChannelRanges {
 public:
  explicit ChannelRanges(const Network& network)
      : network_(network), may_be_infinite_(between_host_operators(network)) {
    for (const Tensor& tensor : network.tensors) ranges_.emplace_back(tensor.shape.channels, kEmpty);
  }

  /// Throws std::invalid_argument for a value that may not be.
  void add(int tensor, const std::vector<float>& values) {
    const bool may_be_infinite = may_be_infinite_[tensor];
    const auto wrong = std::find_if(values.begin(), values.end(), [&](float value) {
      return may_be_infinite ? std::isnan(value) : !std::isfinite(value);
    });
    if (wrong != values.end()) {
      throw std::invalid_argument(
          fmt::format("calibration: a value of tensor '{}' is {}; accepted: finite values",
                      network_.tensors[tensor].name, *wrong));
    }
    std::vector<ValueRange>& channels = ranges_[tensor];
    const std::size_t plane = values.size() / channels.size();
    for (std::size_t c = 0; c < channels.size(); ++c)
      extend(channels[c], range_of(&values[c * plane], plane));
  }

  void add(const ChannelRanges& other) {
    for (std::size_t t = 0; t < ranges_.size(); ++t)
      for (std::size_t c = 0; c < ranges_[t].size(); ++c) extend(ranges_[t][c], other.ranges_[t][c]);
  }

  std::vector<std::vector<ValueRange>> take() { return std::move(ranges_); }

 private:
  const Network& network_;
  std::vector<bool> may_be_infinite_;            ///< by tensor
  std::vector<std::vector<ValueRange>> ranges_;  ///< [tensor][channel]
};

// Counts of |value| in equal steps up to a known largest magnitude.
class MagnitudeHistogram {
 public:
  explicit MagnitudeHistogram(float largest) : largest_(largest) {}

  void add(const std::vector<float>& values) {
    if (largest_ == 0 || std::isinf(largest_)) return;
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

  void add(const MagnitudeHistogram& other) {
    total_ += other.total_;
    zeros_ += other.zeros_;
    for (std::size_t bin = 0; bin < kBins; ++bin) counts_[bin] += other.counts_[bin];
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

/// Of each tensor.
class Histograms {
 public:
  explicit Histograms(const std::vector<ValueRange>& ranges) {
    histograms_.reserve(ranges.size());
    for (const ValueRange& range : ranges) histograms_.emplace_back(magnitude(range));
  }

  void add(int tensor, const std::vector<float>& values) { histograms_[tensor].add(values); }
  void add(const Histograms& other) {
    for (std::size_t t = 0; t < histograms_.size(); ++t) histograms_[t].add(other.histograms_[t]);
  }

  const MagnitudeHistogram& operator[](std::size_t tensor) const { return histograms_[tensor]; }

 private:
  std::vector<MagnitudeHistogram> histograms_;
};

WholeNumbers whole_numbers(const std::vector<std::vector<float>>& images) {
  bool is_any_whole = false, are_all_whole = true;
  for (std::size_t i = 0; i < images.front().size(); ++i) {
    const auto at = [i](const std::vector<float>& image) { return image[i]; };
    if (std::all_of(images.begin(), images.end(), [&](const auto& image) { return at(image) == 0; }))
      continue;
    const bool is_whole = std::all_of(images.begin(), images.end(),
                                      [&](const auto& image) { return std::trunc(at(image)) == at(image); });
    is_any_whole |= is_whole;
    are_all_whole &= is_whole;
  }
  if (!is_any_whole) return WholeNumbers::kNone;
  return are_all_whole ? WholeNumbers::kAll : WholeNumbers::kSome;
}

double levels_of(const ValueRange& range, int bits) {
  return std::exp2(range.min >= 0 && bits == 8 ? bits : bits - 1) - 1;
}

}  // namespace

const char* to_string(Clipping clipping) {
  switch (clipping) {
    case Clipping::kPercentile:
      return "percentile";
    case Clipping::kError:
      return "error";
  }
  return "?";
}

Calibration calibrate(const Network& network, const std::vector<std::vector<float>>& images,
                      const CalibrationOptions& options) {
  require(options.percentile > 0 && options.percentile <= 100, "quantization", "calibration_percentile",
          options.percentile, "above 0, at most 100");
  if (images.empty()) throw std::invalid_argument("calibration needs at least one image");

  std::vector<std::vector<ValueRange>> channels =
      totals_of(network, images, options.threads, ChannelRanges(network)).take();
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
    const Histograms histograms = totals_of(network, images, options.threads, Histograms(ranges));
    for (std::size_t t = 0; t < ranges.size(); ++t) {
      if (static_cast<int>(t) == network.input || std::isinf(magnitude(ranges[t]))) continue;
      const float limit = by_error ? histograms[t].least_error(levels_of(ranges[t], options.activation_bits))
                                   : histograms[t].percentile(options.percentile);
      ranges[t] = {std::max(ranges[t].min, -limit), std::min(ranges[t].max, limit)};
    }
  }

  Calibration calibration;
  calibration.of_input = whole_numbers(images);
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
