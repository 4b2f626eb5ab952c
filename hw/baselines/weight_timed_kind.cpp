#include "hw/baselines/weight_timed_kind.h"

#include <algorithm>
#include <numeric>

#include "base/bits.h"
#include "hw/baselines/group_cycles.h"

namespace bitbalance::baselines {
namespace {

std::int64_t sum(const std::vector<std::uint16_t>& values) {
  return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

}  // namespace

BaselineCycles WeightTimedKind::cycles(const Baseline& baseline, const BaselineLayer& layer,
                                       const std::vector<std::int16_t>& /*activations*/) const {
  const std::int64_t full_pixel_groups = layer.pixels / baseline.columns;
  const auto last_columns = static_cast<int>(layer.pixels % baseline.columns);
  std::vector<std::uint16_t> slowest(static_cast<std::size_t>(ceil_div(layer.kernel, baseline.lanes)));
  std::vector<std::uint16_t> own(slowest.size());
  BaselineCycles result;
  for_row_groups(baseline, layer, [&](int /*conv_group*/, int first, int end) {
    std::fill(slowest.begin(), slowest.end(), std::uint16_t{0});
    for (int channel = first; channel < end; ++channel) {
      const std::int16_t* const weights = layer.weights + std::ptrdiff_t{channel} * layer.kernel;
      std::fill(own.begin(), own.end(), std::uint16_t{0});
      raise_to_group_cycles(baseline, layer, weights, own.data());
      for (std::size_t g = 0; g < own.size(); ++g) slowest[g] = std::max(slowest[g], own[g]);
      result.pe_cycles += sum(own) * layer.pixels;
      result.terms += channel_terms(baseline, layer, weights) * layer.pixels;
    }
    result.used_pe_cycles += sum(slowest) * (end - first) * layer.pixels;
    for (std::size_t g = 0; g < slowest.size(); ++g) {
      const int lanes = std::min(baseline.lanes, layer.kernel - static_cast<int>(g) * baseline.lanes);
      const auto step = [&](int columns) {
        return std::max<int>(slowest[g], delivery_cycles(baseline, layer, end - first, columns, lanes));
      };
      result.cycles += full_pixel_groups * step(baseline.columns);
      if (last_columns > 0) result.cycles += step(last_columns);
    }
    result.steps +=
        static_cast<std::int64_t>(slowest.size()) * (full_pixel_groups + (last_columns > 0 ? 1 : 0));
  });
  return result;
}

}  // namespace bitbalance::baselines
