// Time as every level counts it.
#pragma once

#include <cstdint>

#include "hw/isa/names.h"

namespace bitbalance::isa {

/// Number of a rising clock edge. Of the timeline under an ideal memory: 0 for the one that starts the
/// program; else 0 is at time 0.
using Edge = std::int64_t;
inline constexpr Edge kNever = INT64_MAX;
/// So many `cycles`, 0 or more, later; kNever where that is beyond all edges.
constexpr Edge edge_after(Edge edge, std::int64_t cycles) {
  return edge > kNever - cycles ? kNever : edge + cycles;
}

}  // namespace bitbalance::isa
