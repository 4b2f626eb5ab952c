// Half-precision numbers of IEEE 754, as files hold them.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace bitbalance {

/// Exact.
inline float from_binary16(std::uint16_t bits) {
  constexpr int kFraction = 10, kExponents = 31, kLeast = -24;
  const int exponent = (bits >> kFraction) & kExponents;
  const int fraction = bits & ((1 << kFraction) - 1);
  float magnitude = 0;
  if (exponent == kExponents) {
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity() : std::nanf("");
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), kLeast);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction + (1 << kFraction)), exponent - 1 + kLeast);
  }
  return (bits >> 15) != 0 ? -magnitude : magnitude;
}

}  // namespace bitbalance
