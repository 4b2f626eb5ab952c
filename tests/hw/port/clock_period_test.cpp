#include "hw/port/clock_period.h"

#include <catch2/catch.hpp>

#include "base/text/config_error.h"

using namespace bitbalance;
using Catch::Matchers::Contains;

namespace {

sc_core::sc_time period_at(double clock_hz) {
  isa::AcceleratorConfig config;
  config.clock_hz = clock_hz;
  return port::clock_period(config);
}

}  // namespace

TEST_CASE("every clock that a configuration may have fits picoseconds") {
  CHECK(period_at(1e9) == sc_core::sc_time(1, sc_core::SC_NS));
  CHECK(period_at(3e9) == sc_core::sc_time(333, sc_core::SC_PS));
  for (double hz = isa::AcceleratorConfig::kLeastClockHz; hz < isa::AcceleratorConfig::kMostClockHz;
       hz *= 1.01)
    REQUIRE_NOTHROW(period_at(hz));
}

TEST_CASE("a clock is refused whose period a coarse time resolution cannot hold") {
  sc_core::sc_set_time_resolution(1, sc_core::SC_NS);
  CHECK(period_at(1e9) == sc_core::sc_time(1, sc_core::SC_NS));
  CHECK_THROWS_WITH(period_at(1.5e9), Contains("clock_hz = 1500000000") && Contains("resolution of 1 ns"));
  CHECK_THROWS_AS(period_at(3e9), ConfigError);
}
