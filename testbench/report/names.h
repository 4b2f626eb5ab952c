// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "testbench/scenario/names.h"
#include "tlm/memory/names.h"

namespace bitbalance::report {
using namespace scenario;
using namespace memory;
}  // namespace bitbalance::report
