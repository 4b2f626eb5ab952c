// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "hw/isa/names.h"

namespace bitbalance::compiler {
using namespace isa;
}  // namespace bitbalance::compiler
