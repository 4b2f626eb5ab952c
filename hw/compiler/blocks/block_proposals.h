// All blocks that a convolution can be cut into, and why there is none.
#pragma once

#include <vector>

#include "hw/compiler/blocks/convolution.h"

namespace bitbalance::compiler {

/// Every block that fits, however uneven; widths are cut into equal parts.
std::vector<LayerMapping> all_mappings(const Convolution& conv, const LayerMapping& user);

/// Blocks of many sizes, whatever the buffers hold; with rows of the full width, or of all others.
std::vector<LayerMapping> many_mappings(const Convolution& conv, const LayerMapping& user, bool full_width);

/// Why no block of a user's mapping fits, or none at all: the tightest buffer is named. Throws
/// std::invalid_argument.
[[noreturn]] void refuse_mapping(const Convolution& conv, const LayerMapping& user);

}  // namespace bitbalance::compiler
