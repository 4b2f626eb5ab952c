// The sums of a tile: the product of a row group's weights and the lanes' activations. Where the PE array's
// time is spent; the fastest version for the machine at hand is picked at run time, all give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bitbalance::tlm_level {

/// Lanes are handled in vectors of this many; pitches are multiples of it.
inline constexpr std::size_t kLaneVector = 16;

struct DotOperands {
  /// Two 16-bit weights a word, [row][pairs]: the even step's in the low half.
  const std::uint32_t* weights = nullptr;
  std::size_t weight_pitch = 0;
  /// Two 16-bit activations a word, [pair][lane].
  const std::uint32_t* activations = nullptr;
  std::size_t lane_pitch = 0;
  std::uint32_t* sums = nullptr;  ///< [row][lane]
  std::size_t sum_pitch = 0;
  int rows = 0;
  int vectors = 0;  ///< of kLaneVector lanes
  int pairs = 0;
};

/// sums[row][lane] += sum over the steps of weight * activation, modulo 2^32.
void dot(const DotOperands& operands);

// Versions of dot(), for tests; those of vector extensions only where the machine has them.
void dot_portable(const DotOperands& operands);
bool has_avx2();
bool has_avx512();
void dot_avx2(const DotOperands& operands);
void dot_avx512(const DotOperands& operands);

}  // namespace bitbalance::tlm_level
