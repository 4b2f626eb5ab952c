#include "quant/ir/rescale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bitbalance::ir {

Rescale make_rescale(double factor) {
  constexpr double kLargestMultiplier = 65535;
  if (!(factor >= 0) || !std::isfinite(factor))
    throw std::invalid_argument(fmt::format("rescaling factor is {}; accepted: 0 and above", factor));
  if (factor == 0) return {0, 0};
  factor = std::min(factor, kLargestMultiplier);
  // factor = fraction * 2^exponent with fraction in [0.5, 1): shift 16 - exponent makes a 16-bit multiplier.
  int exponent = 0;
  std::frexp(factor, &exponent);
  int shift = std::min(16 - exponent, kLargestRescaleShift);
  double multiplier = std::round(std::ldexp(factor, shift));
  if (multiplier > kLargestMultiplier) multiplier = std::round(std::ldexp(factor, --shift));
  return {static_cast<std::uint16_t>(multiplier), static_cast<std::uint8_t>(shift)};
}

}  // namespace bitbalance::ir
