// Colours of the pages, for pictures that say the same.
#pragma once

#include <string>

#include "testbench/report/names.h"

namespace bitbalance::report {

/// "#2a78c2": what page.css calls --`name` on a light page. Throws std::out_of_range when it has none.
std::string page_color(const std::string& name);

}  // namespace bitbalance::report
