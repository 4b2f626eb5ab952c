// The settings of the timed memory under JEDEC's names, and how they become clocks of the DRAM.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "testbench/scenario/settings/rational.h"
#include "testbench/scenario/settings/settings.h"
#include "tlm/dram/config.h"

namespace bitbalance::scenario {

/// A time as datasheets give it: "15 ns", "4 nCK" (clocks), or "max(4 nCK, 7.5 ns)".
struct DramTime {
  int clocks = 0;
  Rational ns;  ///< 0: none

  enum class Rounding { kUp, kDown };  ///< of a least and of a largest time

  std::int64_t to_clocks(const Rational& tck_ns, Rounding rounding) const;
};
/// Empty for anything else.
std::optional<DramTime> parse_dram_time(const std::string& text);

inline constexpr std::size_t kDramTimes = 32;

struct DramSettings {
  dram::Config config;
  std::string type;  ///< of the standard: what a technology's energy is for
  std::string tck = "1.25 ns";
  std::array<std::string, kDramTimes> times;  ///< as written, in the order of dram_settings.cpp
};

/// Checks the whole, too.
void show_dram(SettingsVisitor& v, DramSettings& settings);

}  // namespace bitbalance::scenario
