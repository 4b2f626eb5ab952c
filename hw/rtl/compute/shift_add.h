// The work of the whole PE array in one slot: every row with a token adds its shifted activations.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bits.h"
#include "hw/rtl/bundles.h"

namespace bitbalance::rtl {

/// Lanes are updated in blocks of this many: accumulator rows and activations have room for whole blocks.
inline constexpr std::size_t kLaneBlock = 16;
constexpr std::size_t whole_blocks(int lanes) {
  return align_up(static_cast<std::size_t>(lanes), kLaneBlock);
}

/// The activations of a step as the adders see them; 0 in lanes that are not active.
template <class Word>
using Addends = std::array<Word, AcceleratorConfig::kMaxLanes>;

/// accumulator[row * pitch + lane] += +-(activation[lane] << position), modulo 2^32 (8-bit lanes) or 2^64
/// (16-bit lanes), for all rows with a token. Returns how many there are.
int shift_add(std::uint32_t* accumulator, std::size_t pitch, const Addends<std::uint32_t>& addends,
              const TokenBits* token, int rows, int lanes);
int shift_add(std::uint64_t* accumulator, std::size_t pitch, const Addends<std::uint64_t>& addends,
              const TokenBits* token, int rows, int lanes);

/// Sign-extends `lanes` activations, rounded up to whole blocks.
void expand(const ActivationVector& activations, int lanes, Addends<std::uint32_t>& addends);
void expand(const ActivationVector& activations, int lanes, Addends<std::uint64_t>& addends);

}  // namespace bitbalance::rtl
