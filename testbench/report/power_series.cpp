#include "testbench/report/power_series.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/enum_index.h"

namespace bitbalance::report {
namespace {

constexpr double kWattPerPicojouleAndHertz = 1e-12;
constexpr std::size_t kDram = enum_index(Component::kDram);

}  // namespace

std::int64_t PowerSeries::cycles_of(std::size_t window) const {
  const auto begin = static_cast<std::int64_t>(window) * window_cycles;
  return std::min(window_cycles, cycles - begin);
}

std::int64_t PowerSeries::core_pj(std::size_t window) const {
  std::int64_t sum = 0;
  for (std::size_t c = 0; c < kComponents; ++c)
    if (c != kDram) sum += windows[window][c];
  return sum;
}

PowerSeries PowerSeries::merged(std::size_t most) const {
  const std::size_t factor = std::max<std::size_t>(1, (windows.size() + most - 1) / most);
  PowerSeries result{window_cycles * static_cast<std::int64_t>(factor), cycles, clock_hz, {}};
  for (std::size_t w = 0; w < windows.size(); ++w) {
    if (w % factor == 0) result.windows.emplace_back();
    for (std::size_t c = 0; c < kComponents; ++c) result.windows.back()[c] += windows[w][c];
  }
  return result;
}

std::string to_csv(const PowerSeries& power) {
  std::string csv = "begin_cycle,cycles,core_w,dram_w";
  for (std::size_t c = 0; c < kComponents; ++c)
    csv += fmt::format(",{}_pj", to_string(static_cast<Component>(c)));
  csv += '\n';
  for (std::size_t w = 0; w < power.windows.size(); ++w) {
    const std::int64_t cycles = power.cycles_of(w);
    const double watt_per_pj = kWattPerPicojouleAndHertz * power.clock_hz / static_cast<double>(cycles);
    csv += fmt::format("{},{},{:.6g},{:.6g}", static_cast<std::int64_t>(w) * power.window_cycles, cycles,
                       static_cast<double>(power.core_pj(w)) * watt_per_pj,
                       static_cast<double>(power.windows[w][kDram]) * watt_per_pj);
    for (const std::int64_t pj : power.windows[w]) csv += fmt::format(",{}", pj);
    csv += '\n';
  }
  return csv;
}

}  // namespace bitbalance::report
