// The machine-readable results of a run: summary.json (schema 1) and layers.csv.
#pragma once

#include <string>

#include "testbench/report/run_report.h"

namespace bitbalance::report {

/// docs/results.md explains every field. Energy and area are absent from both without a technology.
std::string to_json(const RunReport& report);
/// What results of the network are written to, by their index: of every image one after the other, float32.
std::string output_file(std::size_t index);
/// One line per layer.
std::string to_csv(const RunReport& report);

}  // namespace bitbalance::report
