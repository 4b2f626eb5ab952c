// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "quant/ir/names.h"

namespace bitbalance::isa {
using namespace ir;
}  // namespace bitbalance::isa
