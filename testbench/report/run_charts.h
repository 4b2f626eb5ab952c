// Charts of a stored run: where its layers stand below the roofline, and what its cycles went to.
#pragma once

#include <filesystem>

#include "testbench/report/chart.h"

namespace bitbalance::report {

/// Without values where no layer has any: nothing multiplied, or no cycle passed.
struct RunCharts {
  XyChart roofline;  ///< multiply-accumulates per cycle against those per byte of the busiest DRAM bus
  BarChart stalls;   ///< share of each layer's cycles by activity of the compute engine
};

/// `summary`: summary.json of `bitbalance run`. Throws std::invalid_argument naming the file for another one,
/// or for a run without a layer on the accelerator.
RunCharts run_charts(const std::filesystem::path& summary);

}  // namespace bitbalance::report
