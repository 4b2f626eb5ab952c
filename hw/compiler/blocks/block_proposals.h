// The blocks that a convolution can be cut into, and which of them the estimate would take.
#pragma once

#include <vector>

#include "hw/compiler/blocks/convolution.h"

namespace bitbalance::compiler {

/// Fills in what the user left open: for each rate of the memory, in bytes per cycle, the block of least
/// estimated time. Empty when no block fits.
std::vector<LayerMapping> propose_mappings(const Convolution& conv, const LayerMapping& user,
                                           const std::vector<double>& rates);
/// Every block that fits, however uneven; widths are cut into equal parts.
std::vector<LayerMapping> all_mappings(const Convolution& conv, const LayerMapping& user);

/// Why no block of a user's mapping fits, or none at all: the tightest buffer is named. Throws
/// std::invalid_argument.
[[noreturn]] void refuse_mapping(const Convolution& conv, const LayerMapping& user);

}  // namespace bitbalance::compiler
