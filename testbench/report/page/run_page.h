// report.html of a run.
#pragma once

#include <optional>
#include <string>

#include "testbench/report/power_series.h"

namespace bitbalance::report {

/// Tiles, cycles by activity, roofline, energy, area, traffic, a table of all layers and every setting. The
/// figures of the page are those of `summary` (to_json() of a run's report), put into it as they are;
/// `effective`: the text of effective.yaml;
/// `power`: drawn over time, if there is any.
std::string run_page(const std::string& scenario, const std::string& summary, const std::string& effective,
                     const std::optional<PowerSeries>& power = std::nullopt);

}  // namespace bitbalance::report
