// Bit-true arithmetic of the accelerator behind the array: wrapping sums, fixed-point rescaling with
// rounding, saturation. Every level of detail computes with these functions; docs/numbers.md says why the
// widths suffice.
#pragma once

#include <cstdint>

#include "hw/isa/names.h"

namespace bitbalance::isa {

/// The low `bits` (1..64) of `value` as a two's complement number: what a register of that width keeps.
constexpr std::int64_t wrap(std::int64_t value, int bits) {
  const int unused = 64 - bits;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << unused) >> unused;
}

/// What rounds a right shift by `shift` to nearest, halves towards plus infinity.
constexpr std::int64_t rounding_half(int shift) {
  return shift > 0 ? std::int64_t{1} << (shift - 1) : 0;
}

/// Multiplier's share of rescale(): exact for |value| <= 2^47 and shift <= 47; beyond, it wraps as a 64-bit
/// register does.
constexpr std::int64_t scaled_product(std::int64_t value, std::uint16_t multiplier, int shift) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) * multiplier +
                                   static_cast<std::uint64_t>(rounding_half(shift)));
}

/// (value * multiplier + half) >> shift, shift 0..63.
constexpr std::int64_t rescale(std::int64_t value, std::uint16_t multiplier, int shift) {
  return scaled_product(value, multiplier, shift) >> shift;
}

/// acc + bias in an accumulator of `accumulator_bits`.
constexpr std::int64_t add_bias(std::int64_t accumulator, std::int64_t bias, int accumulator_bits) {
  return wrap(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(accumulator) + static_cast<std::uint64_t>(bias)),
      accumulator_bits);
}

constexpr int clamp(std::int64_t value, std::int16_t low, std::int16_t high) {
  return static_cast<int>(value < low ? low : value > high ? high : value);
}

/// An accumulator becomes a result in two halves, which the clocked post-processor does in stages of its own.
/// The first: bias and multiplier; to the output's scale, the second shifts.
constexpr std::int64_t biased_product(std::int64_t accumulator, std::int64_t bias, std::uint16_t multiplier,
                                      int shift, int accumulator_bits) {
  return scaled_product(add_bias(accumulator, bias, accumulator_bits), multiplier, shift);
}

/// The second. `operand`: the residual one on the output's scale; 0: none.
constexpr int result_of(std::int64_t product, int shift, std::int64_t operand, std::int16_t clip_low,
                        std::int16_t clip_high) {
  return clamp((product >> shift) + operand, clip_low, clip_high);
}

}  // namespace bitbalance::isa
