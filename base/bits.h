// Whole-number arithmetic on sizes and bits that many rooms need.
#pragma once

#include <cstdint>
#include <type_traits>

namespace bitbalance {

/// Parts of `size` that hold `amount`, the last one perhaps not full. Precondition: amount >= 0, size > 0.
template <class Amount, class Size>
constexpr std::common_type_t<Amount, Size> ceil_div(Amount amount, Size size) {
  return (amount + size - 1) / size;
}

/// The next multiple of `alignment`, in the type that both have in common. Preconditions as above.
template <class Value, class Alignment>
constexpr std::common_type_t<Value, Alignment> align_up(Value value, Alignment alignment) {
  return ceil_div(value, alignment) * alignment;
}

constexpr bool is_power_of_two(std::int64_t n) {
  return n > 0 && (n & (n - 1)) == 0;
}

/// Bits that tell `values` values apart: the logarithm of the next power of two.
constexpr int index_bits(std::uint64_t values) {
  int bits = 0;
  while (std::uint64_t{1} << bits < values) ++bits;
  return bits;
}

/// Ones in the lowest `bits` (0..63).
constexpr std::uint64_t low_mask(int bits) {
  return (std::uint64_t{1} << bits) - 1;
}

/// Position of the highest one. Precondition: there is one.
constexpr int leading_one(std::uint32_t bits) {
  return 31 - __builtin_clz(bits);
}

/// Number of ones, by halves: vector units have no instruction for it that every machine knows.
constexpr std::uint32_t count_ones(std::uint32_t bits) {
  bits -= bits >> 1 & 0x55555555u;
  bits = (bits & 0x33333333u) + (bits >> 2 & 0x33333333u);
  bits = (bits + (bits >> 4)) & 0x0f0f0f0fu;
  return (bits + (bits >> 8) + (bits >> 16) + (bits >> 24)) & 0x3f;
}

}  // namespace bitbalance
