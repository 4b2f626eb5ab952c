// Figures as tables and CSV files show them, also those that do not exist (base/quotient.h).
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "testbench/report/names.h"

namespace bitbalance::report {

/// The figure in a table, "-" where there is none. CSV files have nothing there.
inline std::string figure(double value, fmt::format_string<double> form, const char* none = "-") {
  return std::isfinite(value) ? fmt::format(form, value) : none;
}

inline std::string percent(double share, fmt::format_string<double> form = "{:.1f}%") {
  return figure(100 * share, form);
}

}  // namespace bitbalance::report
