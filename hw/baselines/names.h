// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "hw/cost/names.h"

namespace bitbalance::baselines {
using namespace cost;
}  // namespace bitbalance::baselines
