// The files beside this one and the chart library, as the build found them.
#pragma once

#include <string_view>

#include "testbench/report/names.h"

namespace bitbalance::report {

std::string_view page_shell();
std::string_view page_style();
std::string_view page_chart_library();
std::string_view page_shared_script();
std::string_view page_run_script();
std::string_view page_compare_script();
/// A sweep's, in this order: figures, filters and fronts; what a key does; the drawing; the page.
std::string_view page_design_points_script();
std::string_view page_sensitivity_script();
std::string_view page_parallel_axes_script();
std::string_view page_sweep_script();

}  // namespace bitbalance::report
