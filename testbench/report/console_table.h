// What a run prints: one line per layer, accuracy, speed, verdict.
#pragma once

#include <string>

#include "testbench/report/run_report.h"

namespace bitbalance::report {

/// `folder`: where the results are. `color`: with terminal escapes.
std::string run_table(const RunReport& report, const std::string& folder, bool color);

}  // namespace bitbalance::report
