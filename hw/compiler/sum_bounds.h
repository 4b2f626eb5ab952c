// How large the sums of a layer can become, and what an accumulator holds.
#pragma once

#include <cstddef>
#include <cstdint>

#include "hw/compiler/names.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::compiler {

/// Largest magnitude of a sum of any output channel: sum of |weight| x largest |activation| + |bias|; 0: no
/// convolution.
std::int64_t largest_sum(const QuantizedNetwork& network, const QuantizedLayer& layer);

/// Largest number of that many bits, in two's complement.
std::int64_t accumulator_limit(int bits);

/// Names the first channel whose sums can exceed the accumulator. Precondition: there is one.
[[noreturn]] void refuse_overflow(const QuantizedNetwork& network, const QuantizedLayer& layer,
                                  int accumulator_bits);

}  // namespace bitbalance::compiler
