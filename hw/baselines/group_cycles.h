// What the cycle models of the baselines share: bits of weights, and loops over groups of them that become
// vector code where a model is known to the compiler.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "hw/baselines/layer_cycles.h"

namespace bitbalance::baselines {

constexpr std::uint16_t magnitude(std::int16_t weight) {
  return static_cast<std::uint16_t>(weight < 0 ? -weight : weight);
}

/// The bits of a weight in two's complement.
constexpr std::uint16_t mask_of(int weight_bits) {
  return static_cast<std::uint16_t>((1u << weight_bits) - 1);
}

/// Ones of a 16-bit word, without a table: the loop around it becomes vector code.
constexpr std::uint16_t ones(std::uint16_t v) {
  v = static_cast<std::uint16_t>(v - ((v >> 1) & 0x5555));
  v = static_cast<std::uint16_t>((v & 0x3333) + ((v >> 2) & 0x3333));
  v = static_cast<std::uint16_t>((v + (v >> 4)) & 0x0f0f);
  return static_cast<std::uint16_t>((v + (v >> 8)) & 0x1f);
}

/// Raises cost[i] to the cycles of group i, weights [i * lanes, (i + 1) * lanes) of the row; a last group
/// that is not full is filled with zero weights. `cycles`: (first weight of a group, lanes) -> its cycles.
template <class GroupCycles>
inline __attribute__((always_inline)) void raise_groups_of(const GroupCycles& cycles, int lanes,
                                                           const std::int16_t* weights, int count,
                                                           std::uint16_t* cost) {
  const int full = count / lanes;
  for (int g = 0; g < full; ++g) {
    const std::int16_t* first = weights + std::ptrdiff_t{g} * lanes;
    cost[g] = std::max(cost[g], static_cast<std::uint16_t>(cycles(first, lanes)));
  }
  if (count % lanes == 0) return;
  std::array<std::int16_t, kMostLanes> padded{};
  std::copy(weights + std::ptrdiff_t{full} * lanes, weights + count, padded.begin());
  cost[full] = std::max(cost[full], static_cast<std::uint16_t>(cycles(padded.data(), lanes)));
}

/// The same; the usual numbers of lanes are known to the compiler.
template <class GroupCycles>
inline __attribute__((always_inline)) void raise_groups(const GroupCycles& cycles, int lanes,
                                                        const std::int16_t* weights, int count,
                                                        std::uint16_t* cost) {
  if (lanes == 16) return raise_groups_of(cycles, 16, weights, count, cost);
  if (lanes == 8) return raise_groups_of(cycles, 8, weights, count, cost);
  raise_groups_of(cycles, lanes, weights, count, cost);
}

/// The same where all groups take as long.
inline void raise_all_groups(int cycles, int lanes, int count, std::uint16_t* cost) {
  for (int g = 0; g * lanes < count; ++g) cost[g] = std::max(cost[g], static_cast<std::uint16_t>(cycles));
}

/// Sum of count_of(weight), at most 16 each.
template <class Count>
inline __attribute__((always_inline)) std::int64_t sum_of(const Count& count_of, const std::int16_t* weights,
                                                          int count) {
  std::int64_t sum = 0;
  constexpr int kPart = 1024;  // of up to 16 each: the sum of a part fits the 16-bit lanes of vector code
  for (int begin = 0; begin < count; begin += kPart) {
    std::uint16_t part = 0;
    for (int i = begin; i < std::min(begin + kPart, count); ++i)
      part = static_cast<std::uint16_t>(part + count_of(weights[i]));
    sum += part;
  }
  return sum;
}

/// Ones of all magnitudes.
std::int64_t sum_of_ones(const std::int16_t* weights, int count);

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

}  // namespace bitbalance::baselines
