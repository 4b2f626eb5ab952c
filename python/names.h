// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "testbench/run/names.h"

namespace bitbalance::python {
using namespace runner;
}  // namespace bitbalance::python
