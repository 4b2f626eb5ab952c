// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "hw/port/names.h"
#include "hw/timeline/names.h"

namespace bitbalance::tlm_level {
using namespace timeline;
using namespace port;
}  // namespace bitbalance::tlm_level
