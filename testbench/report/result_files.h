// The machine-readable results of a run: summary.json (schema 1) and layers.csv.
#pragma once

#include <string>

#include "testbench/report/run_report.h"

namespace bitbalance::report {

/// docs/results.md explains every field. Energy and area are absent from both without a technology.
std::string to_json(const RunReport& report);
/// One line per layer.
std::string to_csv(const RunReport& report);

}  // namespace bitbalance::report
