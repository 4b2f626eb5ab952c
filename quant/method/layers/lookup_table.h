// The table of a function: its result for each code that a tensor's elements can be, or for the ends of the
// straight lines that stand for it.
#pragma once

#include <cstdint>
#include <vector>

#include "quant/ir/quantized_network.h"
#include "quant/method/calibration.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// QuantizedLayer::table of `function`, a kLookup's: from elements of `code` to those of `result`, which have
/// the same bits. Each entry is the function as the host computes it, rounded to nearest and saturated; 0
/// where that is no number.
std::vector<std::int16_t> make_table(const HostGraph& function, const QuantizedTensor& code,
                                     const QuantizedTensor& result);

/// The largest magnitude that a 16-bit table needs for the ends of its lines: of those that codes of
/// `operands` ask for, and on which results up to `largest` lie. At least `largest`.
double largest_end(const HostGraph& function, const QuantizedTensor& code, const ValueRange& operands,
                   double largest);

}  // namespace bitbalance::method
