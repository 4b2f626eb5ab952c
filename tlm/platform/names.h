// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "hw/program/names.h"
#include "tlm/adapter/names.h"
#include "tlm/dram/names.h"

namespace bitbalance::platform {
using namespace adapter;
using namespace dram;
}  // namespace bitbalance::platform
