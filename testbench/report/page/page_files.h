// The files beside this one and the chart library, as the build found them.
#pragma once

#include <string_view>

namespace bitbalance::report::page_files {

std::string_view page();
std::string_view style();
std::string_view chart_library();
std::string_view shared_script();
std::string_view run_script();

}  // namespace bitbalance::report::page_files
