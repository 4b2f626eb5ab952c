// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "hw/timeline/names.h"

namespace bitbalance::compiler {
using namespace timeline;
}  // namespace bitbalance::compiler
