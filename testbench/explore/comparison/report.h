// What a comparison leaves: a table for the terminal, CSV, JSON, a page and charts.
#pragma once

#include <string>
#include <vector>

#include "testbench/explore/comparison/figures.h"
#include "testbench/report/chart.h"
#include "testbench/report/run_report.h"

namespace bitbalance::explore {

std::string comparison_table(const NetworkComparison& comparison);
/// What the words of the table mean, once for all tables.
std::string comparison_legend();
/// One line per accelerator, set of weights and network; the columns carry their units.
std::string to_csv(const std::vector<NetworkComparison>& comparisons);
std::string to_json(const std::vector<NetworkComparison>& comparisons, const ProgramFigures& program);
/// report.html: figures relative to ours, what each accelerator is made of, and every setting. `json`: of
/// to_json(), put into the page as it is.
std::string comparison_page(const std::string& json, const std::vector<Scenario>& scenarios);
/// Each accelerator with its own set of weights: figures of merit over all networks, then energy and the
/// array's cycles of each network, and area.
std::vector<Chart> charts(const std::vector<NetworkComparison>& comparisons);

}  // namespace bitbalance::explore
