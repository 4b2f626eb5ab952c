// Power over time: the energy of a run, window by window of equally many cycles. What power.csv and the page
// of a run show.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "hw/cost/actions.h"
#include "testbench/report/names.h"

namespace bitbalance::report {

struct PowerSeries {
  /// Energy of a window by component, in whole picojoules: the energy up to its end, rounded, less that up to
  /// its begin. So windows add up to the rounded energy of the run without an error.
  using Window = std::array<std::int64_t, kComponents>;

  std::int64_t window_cycles = 1;
  std::int64_t cycles = 0;  ///< of the run; the last window may be shorter
  double clock_hz = 0;
  std::vector<Window> windows;

  std::int64_t cycles_of(std::size_t window) const;
  std::int64_t core_pj(std::size_t window) const;
  /// The same with at most `most` windows: as many as needed become one.
  PowerSeries merged(std::size_t most) const;
};

/// power.csv: a line for each window.
std::string to_csv(const PowerSeries& power);

}  // namespace bitbalance::report
