// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "hw/isa/names.h"

namespace bitbalance::stored {
using namespace isa;
}  // namespace bitbalance::stored
