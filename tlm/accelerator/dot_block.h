// The loop nest of dot() over a vector type: blocks of 4 rows, as many lanes as stay in registers. Included
// by the translation units that are compiled for one vector extension each.
#pragma once

#include "tlm/accelerator/dot_kernel.h"

namespace bitbalance::tlm_level {
namespace {

/// `Vector`: static load, store, broadcast of 32-bit words, and multiply_add(sum, a, b): sum + a.low * b.low
/// + a.high * b.high in each word. kWords words.
template <class Vector, int kRows, int kVectors>
inline void dot_block(const DotOperands& o, int row, std::size_t lane) {
  typename Vector::Type sum[kRows][kVectors];
  std::uint32_t* const sums = o.sums + static_cast<std::size_t>(row) * o.sum_pitch + lane;
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      sum[r][v] = Vector::load(sums + static_cast<std::size_t>(r) * o.sum_pitch +
                               static_cast<std::size_t>(v) * Vector::kWords);
    }
  }
  const std::uint32_t* const weights = o.weights + static_cast<std::size_t>(row) * o.weight_pitch;
  const std::uint32_t* activations = o.activations + lane;
  for (int k = 0; k < o.pairs; ++k, activations += o.lane_pitch) {
    typename Vector::Type activation[kVectors];
    for (int v = 0; v < kVectors; ++v)
      activation[v] = Vector::load(activations + static_cast<std::size_t>(v) * Vector::kWords);
    for (int r = 0; r < kRows; ++r) {
      const auto weight = Vector::broadcast(weights[static_cast<std::size_t>(r) * o.weight_pitch + k]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] = Vector::multiply_add(sum[r][v], activation[v], weight);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      Vector::store(
          sums + static_cast<std::size_t>(r) * o.sum_pitch + static_cast<std::size_t>(v) * Vector::kWords,
          sum[r][v]);
    }
  }
}

template <class Vector, int kVectors>
inline void dot_rows(const DotOperands& o, std::size_t lane) {
  int row = 0;
  for (; row + 4 <= o.rows; row += 4) dot_block<Vector, 4, kVectors>(o, row, lane);
  for (; row < o.rows; ++row) dot_block<Vector, 1, kVectors>(o, row, lane);
}

/// `kVectors`: vectors of a block, a power of two.
template <class Vector, int kVectors>
inline void dot_lanes(const DotOperands& o, std::size_t lane) {
  const std::size_t end = static_cast<std::size_t>(o.vectors) * kLaneVector;
  constexpr std::size_t kLanes = std::size_t{kVectors} * Vector::kWords;
  for (; lane + kLanes <= end; lane += kLanes) dot_rows<Vector, kVectors>(o, lane);
  if constexpr (kLanes > kLaneVector) {
    if (lane < end) dot_lanes<Vector, kVectors / 2>(o, lane);
  }
}

}  // namespace
}  // namespace bitbalance::tlm_level
