// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "hw/baselines/names.h"
#include "testbench/run/names.h"

namespace bitbalance::explore {
using namespace runner;
using namespace baselines;
}  // namespace bitbalance::explore
