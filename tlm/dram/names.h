// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "tlm/memory/names.h"

namespace bitbalance::dram {
using namespace memory;
}  // namespace bitbalance::dram
