// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "testbench/explore/names.h"
#include "testbench/waveform/names.h"

namespace bitbalance::cli {
using namespace explore;
using namespace waveform;
}  // namespace bitbalance::cli
