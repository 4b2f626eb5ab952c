// Real factors as the 16-bit multiplier and shift of the requantizer; what hardware computes with them is in
// hw/isa/fixed_point.h.
#pragma once

#include "quant/ir/quantized_network.h"

namespace bitbalance::ir {

/// Largest shift of a Rescale.
inline constexpr int kLargestRescaleShift = 47;

/// The fixed-point number nearest to `factor`: multiplier 32768..65535 where the shift allows, so within
/// 2^-16 of the factor. Below 2^-32 the shift stays at 47 and the multiplier loses bits, down to 0. Above
/// 65535 it is 65535, by which any integer but 0 saturates 16 bits. Throws std::invalid_argument for a factor
/// that is negative or not finite.
Rescale make_rescale(double factor);

}  // namespace bitbalance::ir
