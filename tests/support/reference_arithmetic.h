// The accelerator's integer arithmetic in 128 bits, as docs/numbers.md has it: what units, programs and the
// arithmetic of hw/ itself are compared with. It shares nothing with hw/, nor with the golden model.
#pragma once

#include <cstdint>

namespace bitbalance::test {

// ISO C++ has no 128-bit integer; gcc and clang do.
__extension__ using Int128 = __int128;

inline Int128 floor_divided(Int128 value, Int128 divisor) {
  const Int128 quotient = value / divisor;
  return quotient * divisor > value ? quotient - 1 : quotient;
}

/// The number congruent to value modulo 2^bits in -2^(bits-1) .. 2^(bits-1) - 1.
inline std::int64_t reference_wrapped(Int128 value, int bits) {
  const Int128 size = Int128{1} << bits;
  const Int128 rest = value - floor_divided(value, size) * size;
  return static_cast<std::int64_t>(rest >= size / 2 ? rest - size : rest);
}

/// Nearest integer to value * multiplier / 2^shift, halves upwards; numerator and half wrap in 64 bits, which
/// no program of the mapper reaches.
inline std::int64_t reference_rescaled(Int128 value, int multiplier, int shift) {
  const Int128 divisor = Int128{1} << shift;
  return static_cast<std::int64_t>(
      floor_divided(reference_wrapped(value * multiplier + divisor / 2, 64), divisor));
}

/// The entry of a table of bytes for the low byte of an element; of 257 16-bit points, little-endian and 256
/// codes apart from -32768 on, what lies on the straight line between the two around it, halves upwards.
template <class Bytes>
std::int64_t reference_looked_up(const Bytes& table, std::int64_t code, bool wide) {
  if (!wide) return table[static_cast<std::size_t>(code & 0xff)];
  const auto point = [&](std::int64_t i) {
    const auto at = static_cast<std::size_t>(2 * i);
    return reference_wrapped(table[at] + 256 * std::int64_t{table[at + 1]}, 16);
  };
  const std::int64_t below = static_cast<std::int64_t>(floor_divided(code, 256));
  const std::int64_t way = code - 256 * below;
  const Int128 twice = Int128{2} * (point(below + 128) * (256 - way) + point(below + 129) * way) + 256;
  return static_cast<std::int64_t>(floor_divided(twice, 512));
}

}  // namespace bitbalance::test
