#include "hw/baselines/layer_cycles.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "base/vector_clones.h"
#include "hw/baselines/group_cycles.h"

namespace bitbalance::baselines {
namespace {

int groups_of(int amount, int size) {
  return (amount + size - 1) / size;
}

std::int64_t sum(const std::vector<std::uint16_t>& values) {
  return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

const std::int16_t* weights_of(const BaselineLayer& layer, int channel) {
  return layer.weights + std::ptrdiff_t{channel} * layer.kernel;
}

/// Calls body(conv group, first channel, end) for each set of channels that the rows work on together.
template <class Body>
void for_row_groups(const Baseline& baseline, const BaselineLayer& layer, Body body) {
  const int channels = layer.output_channels / layer.conv_groups;
  for (int group = 0; group < layer.conv_groups; ++group) {
    for (int first = 0; first < channels; first += baseline.rows) {
      body(group, group * channels + first, group * channels + std::min(first + baseline.rows, channels));
    }
  }
}

std::vector<std::uint8_t> term_counts(const std::int16_t* values, std::size_t count, TokenForm form) {
  std::vector<std::uint8_t> counts(count);
  for (std::size_t i = 0; i < count; ++i) counts[i] = static_cast<std::uint8_t>(term_count(values[i], form));
  return counts;
}

/// Raises the cycles of neighbouring PEs of a row by one lane: the terms of its weight x those of each
/// activation, at most 15 x 15.
BITBALANCE_VECTOR_CLONES
void raise_by_lane(std::uint8_t weight_terms, const std::uint8_t* activation_terms, int columns,
                   std::uint8_t* cycles) {
  for (int c = 0; c < columns; ++c)
    cycles[c] = std::max(cycles[c], static_cast<std::uint8_t>(weight_terms * activation_terms[c]));
}

/// Every term of a weight meets every term of the activations on its lane.
std::int64_t laconic_terms(const BaselineLayer& layer, const std::vector<std::uint8_t>& weight_terms,
                           const std::vector<std::uint8_t>& activation_terms) {
  const int channels = layer.output_channels / layer.conv_groups;
  std::int64_t terms = 0;
  for (int group = 0; group < layer.conv_groups; ++group) {
    for (int k = 0; k < layer.kernel; ++k) {
      std::int64_t of_weights = 0;
      for (int channel = group * channels; channel < (group + 1) * channels; ++channel)
        of_weights += weight_terms[static_cast<std::size_t>(channel) * layer.kernel + k];
      const auto first = activation_terms.begin() +
                         static_cast<std::ptrdiff_t>((std::int64_t{group} * layer.kernel + k) * layer.pixels);
      terms += of_weights *
               std::accumulate(first, first + static_cast<std::ptrdiff_t>(layer.pixels), std::int64_t{0});
    }
  }
  return terms;
}

}  // namespace

int terms_per_cycle(const Baseline& baseline, int weight_bits) {
  switch (baseline.kind) {
    case BaselineKind::kBitlet:
      return weight_bits - 1;
    case BaselineKind::kBitVert:
      return baseline.lanes / 2;
    default:
      return baseline.lanes;
  }
}

BaselineCycles layer_cycles(const Baseline& baseline, const BaselineLayer& layer) {
  check(baseline);
  if (needs_activations(baseline.kind))
    throw std::invalid_argument("laconic: its cycles depend on activations");
  const std::int64_t pixel_groups = (layer.pixels + baseline.columns - 1) / baseline.columns;
  std::vector<std::uint16_t> slowest(static_cast<std::size_t>(groups_of(layer.kernel, baseline.lanes)));
  std::vector<std::uint16_t> own(slowest.size());
  BaselineCycles result;
  for_row_groups(baseline, layer, [&](int /*conv_group*/, int first, int end) {
    std::fill(slowest.begin(), slowest.end(), std::uint16_t{0});
    for (int channel = first; channel < end; ++channel) {
      std::fill(own.begin(), own.end(), std::uint16_t{0});
      raise_to_group_cycles(baseline, layer.weight_bits, weights_of(layer, channel), layer.kernel,
                            own.data());
      for (std::size_t g = 0; g < own.size(); ++g) slowest[g] = std::max(slowest[g], own[g]);
      result.pe_cycles += sum(own) * layer.pixels;
      result.terms +=
          row_terms(baseline, layer.weight_bits, weights_of(layer, channel), layer.kernel) * layer.pixels;
    }
    result.used_pe_cycles += sum(slowest) * (end - first) * layer.pixels;
    for (const std::uint16_t cycles : slowest)
      result.cycles += std::max<int>(cycles, baseline.least_step_cycles) * pixel_groups;
    result.steps += static_cast<std::int64_t>(slowest.size()) * pixel_groups;
  });
  return result;
}

BaselineCycles layer_cycles(const Baseline& baseline, const BaselineLayer& layer,
                            const std::vector<std::int16_t>& activations) {
  check(baseline);
  if (!needs_activations(baseline.kind)) return layer_cycles(baseline, layer);
  if (static_cast<std::int64_t>(activations.size()) !=
      std::int64_t{layer.conv_groups} * layer.kernel * layer.pixels)
    throw std::invalid_argument("laconic: activations do not fit the layer");
  const auto weight_terms = term_counts(
      layer.weights, static_cast<std::size_t>(layer.output_channels) * layer.kernel, baseline.terms);
  const auto activation_terms = term_counts(activations.data(), activations.size(), baseline.terms);
  std::vector<std::uint8_t> own(static_cast<std::size_t>(baseline.columns));
  BaselineCycles result;
  result.terms = laconic_terms(layer, weight_terms, activation_terms);
  for_row_groups(baseline, layer, [&](int conv_group, int first, int end) {
    for (std::int64_t pixel = 0; pixel < layer.pixels; pixel += baseline.columns) {
      const auto columns = static_cast<int>(std::min<std::int64_t>(baseline.columns, layer.pixels - pixel));
      for (int k = 0; k < layer.kernel; k += baseline.lanes) {
        int slowest = 0;
        for (int channel = first; channel < end; ++channel) {
          std::fill(own.begin(), own.end(), std::uint8_t{1});
          for (int lane = k; lane < std::min(k + baseline.lanes, layer.kernel); ++lane) {
            const std::int64_t row = std::int64_t{conv_group} * layer.kernel + lane;
            raise_by_lane(weight_terms[static_cast<std::size_t>(channel) * layer.kernel + lane],
                          &activation_terms[static_cast<std::size_t>(row * layer.pixels + pixel)], columns,
                          own.data());
          }
          slowest = std::max<int>(slowest, *std::max_element(own.begin(), own.begin() + columns));
          result.pe_cycles += std::accumulate(own.begin(), own.begin() + columns, std::int64_t{0});
        }
        result.cycles += std::max(slowest, baseline.least_step_cycles);
        result.used_pe_cycles += std::int64_t{slowest} * (end - first) * columns;
        ++result.steps;
      }
    }
  });
  return result;
}

}  // namespace bitbalance::baselines
