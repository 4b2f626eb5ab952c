// layers.csv: what a run found out about each layer, as a table for other programs.
#pragma once

#include <string>

#include "testbench/report/run_report.h"

namespace bitbalance::report {

/// One line per layer. docs/results.md explains every column. Energy is absent without a technology.
std::string to_csv(const RunReport& report);

}  // namespace bitbalance::report
