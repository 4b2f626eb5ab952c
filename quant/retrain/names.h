// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "quant/method/names.h"

namespace bitbalance::retrain {
using namespace method;
}  // namespace bitbalance::retrain
