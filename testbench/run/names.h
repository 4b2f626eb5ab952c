// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "hw/timeline/names.h"
#include "testbench/report/names.h"

namespace bitbalance::runner {
using namespace report;
using namespace timeline;
}  // namespace bitbalance::runner
