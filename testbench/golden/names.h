// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "quant/eval/names.h"

namespace bitbalance::golden {
using namespace eval;
}  // namespace bitbalance::golden
