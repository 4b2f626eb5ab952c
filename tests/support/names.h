// Every room's names, for the tests. The two accelerators are named in full: rtl:: and tlm_level::.
#pragma once

#include "cli/names.h"
#include "hw/baselines/names.h"
#include "hw/compiler/names.h"
#include "hw/cost/names.h"
#include "hw/isa/names.h"
#include "hw/port/names.h"
#include "hw/rtl/names.h"
#include "hw/timeline/names.h"
#include "quant/eval/names.h"
#include "quant/ir/names.h"
#include "quant/method/names.h"
#include "quant/onnx/names.h"
#include "testbench/explore/names.h"
#include "testbench/golden/names.h"
#include "testbench/report/names.h"
#include "testbench/run/names.h"
#include "testbench/scenario/names.h"
#include "testbench/waveform/names.h"
#include "tlm/accelerator/names.h"
#include "tlm/dram/names.h"
#include "tlm/memory/names.h"

namespace bitbalance::checker {}

namespace bitbalance::test {
using namespace host;
using namespace ir;
using namespace onnx_io;
using namespace eval;
using namespace method;
using namespace isa;
using namespace compiler;
using namespace timeline;
using namespace port;
using namespace cost;
using namespace baselines;
using namespace memory;
using namespace checker;
using namespace golden;
using namespace scenario;
using namespace report;
using namespace waveform;
using namespace runner;
using namespace explore;
using namespace cli;
}  // namespace bitbalance::test

namespace bitbalance::rtl::test {
using namespace bitbalance::test;
}
namespace bitbalance::tlm_level::test {
using namespace bitbalance::test;
}
namespace bitbalance::dram::test {
using namespace bitbalance::test;
}
namespace bitbalance::fuzz {
using namespace bitbalance::test;
}
