// The loop nest of a dot kernel over a vector type: blocks of rows and lanes whose sums stay in registers.
// Included by the translation units that are compiled for one vector extension each.
#pragma once

#include "tlm/accelerator/datapath/dot_kernel.h"

namespace bitbalance::tlm_level {
namespace {

/// `Vector`: static load, store, broadcast of 32-bit words, and multiply_add(sum, activation, weight): sum +
/// the products of the parts in each word. kWords words.
template <class Vector, int kRows, int kVectors>
inline void dot_block(const DotOperands& o, int row, std::size_t lane) {
  typename Vector::Type sum[kRows][kVectors];
  std::uint32_t* const sums = o.sums + static_cast<std::size_t>(row) * o.sum_pitch + lane;
  const auto place = [&](int r, int v) {
    return sums + static_cast<std::size_t>(r) * o.sum_pitch + static_cast<std::size_t>(v) * Vector::kWords;
  };
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) sum[r][v] = Vector::load(place(r, v));
  }
  const std::uint32_t* weights = o.weights + row;
  const std::uint32_t* const activations = o.activations + lane;
  for (int k = 0; k < o.words; ++k, weights += kRowBlock) {
    const std::uint32_t* const from = activations + o.taps[k];
    typename Vector::Type activation[kVectors];
    for (int v = 0; v < kVectors; ++v)
      activation[v] = Vector::load(from + static_cast<std::size_t>(v) * Vector::kWords);
    for (int r = 0; r < kRows; ++r) {
      const auto weight = Vector::broadcast(weights[r]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] = Vector::multiply_add(sum[r][v], activation[v], weight);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) Vector::store(place(r, v), sum[r][v]);
  }
}

/// `kRows`: of a block, a power of two.
template <class Vector, int kRows, int kVectors>
inline void dot_rows(const DotOperands& o, int row, std::size_t lane) {
  for (; row + kRows <= o.rows; row += kRows) dot_block<Vector, kRows, kVectors>(o, row, lane);
  if constexpr (kRows > 1) {
    if (row < o.rows) dot_rows<Vector, kRows / 2, kVectors>(o, row, lane);
  }
}

template <class Vector, int kRows, int kVectors>
inline void dot_lanes(const DotOperands& o, std::size_t lane) {
  const std::size_t end = static_cast<std::size_t>(o.vectors) * kLaneVector;
  constexpr std::size_t kLanes = std::size_t{kVectors} * Vector::kWords;
  for (; lane + kLanes <= end; lane += kLanes) dot_rows<Vector, kRows, kVectors>(o, 0, lane);
  if constexpr (kLanes > kLaneVector) {
    if (lane < end) dot_lanes<Vector, kRows, kVectors - 1>(o, lane);
  }
}

}  // namespace
}  // namespace bitbalance::tlm_level
