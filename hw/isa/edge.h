// Time as every level counts it.
#pragma once

#include <cstdint>

#include "hw/isa/names.h"

namespace bitbalance::isa {

/// Number of a rising clock edge. Of the timeline and of tlm: 0 for the one that starts the program.
using Edge = std::int64_t;
inline constexpr Edge kNever = INT64_MAX;

}  // namespace bitbalance::isa
