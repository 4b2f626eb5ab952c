// Numbers from outside the program: exact in the type that holds them, or refused. Whoever reads a file
// bounds its numbers with these before they are used.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>

namespace bitbalance {

/// Of a dimension, and of what a window spans of it: sums of a few of them fit an int, products of two 64
/// bits.
inline constexpr int kLargestExtent = 1 << 24;

/// Of a tensor: 1 GB of floats.
inline constexpr std::int64_t kMostElements = std::int64_t{1} << 28;

/// None where 64 bits cannot hold it, or a product of the first of them.
inline std::optional<std::int64_t> checked_product(std::initializer_list<std::int64_t> factors) {
  std::int64_t product = 1;
  for (const std::int64_t factor : factors)
    if (__builtin_mul_overflow(product, factor, &product)) return std::nullopt;
  return product;
}

}  // namespace bitbalance
