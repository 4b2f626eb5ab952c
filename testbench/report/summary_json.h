// summary.json, schema 1: what a run found out, for other programs.
#pragma once

#include <string>

#include "testbench/report/run_report.h"

namespace bitbalance::report {

/// docs/results.md explains every field. Energy and area are absent without a technology.
std::string to_json(const RunReport& report);
/// What results of the network are written to, by their index: of every image one after the other, float32.
std::string output_file(std::size_t index);

}  // namespace bitbalance::report
