// The analytic level of a run: cycles, accounts and events of every layer from the mapped commands alone. No
// data is computed, no image needed, nothing compared with the golden model.
#pragma once

#include "testbench/report/run_report.h"
#include "testbench/run/names.h"
#include "testbench/run/program_set.h"
#include "testbench/run/trace/run_trace.h"
#include "testbench/scenario/workload.h"

namespace bitbalance::runner {

/// Fills frames, layers, memory and simulate_s of the report for its scenario; returns what the mapper chose.
/// `trace`: what to record besides, bursts under a timed memory alone; nullptr: nothing. Throws
/// std::invalid_argument when the accelerator cannot execute the network, or the DRAM is too small for it.
ChosenMappings run_analytic(const TimingWorkload& workload, RunReport& report, RunTrace* trace = nullptr);
/// The same for one of many accelerators: what `mapper` found out about the network is not found out again.
ChosenMappings run_analytic(const Mapper& mapper, int images, RunReport& report, RunTrace* trace = nullptr);

}  // namespace bitbalance::runner
