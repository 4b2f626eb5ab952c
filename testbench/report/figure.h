// Figures as tables and CSV files show them, also those that do not exist (base/quotient.h).
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "base/quotient.h"
#include "testbench/report/names.h"

namespace bitbalance::report {

/// The figure in a table, "-" where there is none. CSV files have nothing there.
inline std::string figure(double value, fmt::format_string<double> form, const char* none = "-") {
  return std::isfinite(value) ? fmt::format(form, value) : none;
}

/// Three significant digits and a decimal prefix, from 1000^lowest to 1000^highest: "1.23 M".
inline std::string prefixed(double value, int lowest, int highest) {
  constexpr int kPlain = 4;
  constexpr const char* kPrefixes[] = {"p", "n", "u", "m", "", "k", "M", "G", "T"};
  const auto digits = [&](int power) { return fmt::format("{:.3g}", value / std::pow(1000, power)); };
  int power = value == 0 ? 0 : lowest;
  while (power < highest && std::abs(std::stod(digits(power))) >= 1000) ++power;  // as it is shown
  return digits(power) + " " + kPrefixes[kPlain + power];
}

/// To the nearest, of two the larger; NaN without a frame.
inline double cycles_per_frame(std::int64_t cycles, std::int64_t frames) {
  return std::round(quotient(static_cast<double>(cycles), static_cast<double>(frames)));
}

inline std::string percent(double share, fmt::format_string<double> form = "{:.1f}%") {
  return figure(100 * share, form);
}

}  // namespace bitbalance::report
