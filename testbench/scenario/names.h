// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

#include "hw/compiler/names.h"
#include "hw/cost/names.h"
#include "quant/method/names.h"
#include "quant/onnx/names.h"
#include "testbench/golden/names.h"

namespace bitbalance::scenario {
using namespace golden;
using namespace method;
using namespace onnx_io;
using namespace compiler;
using namespace cost;
}  // namespace bitbalance::scenario
