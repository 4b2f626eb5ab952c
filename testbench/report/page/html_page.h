// report.html: the results of a command as one page that needs nothing else, neither files beside it nor a
// network.
#pragma once

#include <string>

#include "testbench/report/names.h"

namespace bitbalance::report {

/// Tiles, cycles by activity, roofline, energy, area, traffic, a table of all layers and every setting. The
/// figures of the page are those of `summary` (to_json() of a run's report), put into it as they are;
/// `effective`: the text of effective.yaml.
std::string run_page(const std::string& scenario, const std::string& summary, const std::string& effective);

}  // namespace bitbalance::report
