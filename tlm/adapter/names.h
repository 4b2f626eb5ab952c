// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "hw/port/names.h"

namespace bitbalance::adapter {
using namespace port;
}  // namespace bitbalance::adapter
