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
  const std::int64_t pixel_groups = ceil_div(layer.pixels, baseline.columns);
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
    for (const std::uint16_t cycles : slowest)
      result.cycles += std::max<int>(cycles, baseline.least_step_cycles) * pixel_groups;
    result.steps += static_cast<std::int64_t>(slowest.size()) * pixel_groups;
  });
  return result;
}

}  // namespace bitbalance::baselines
