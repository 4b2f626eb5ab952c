// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "hw/rtl/names.h"

namespace bitbalance::bench {
using namespace rtl;
}  // namespace bitbalance::bench
