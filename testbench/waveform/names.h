// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "testbench/report/names.h"

namespace bitbalance::waveform {
using namespace report;
}  // namespace bitbalance::waveform
