#include "hw/port/clock_period.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text/config_error.h"

namespace bitbalance::port {

sc_core::sc_time clock_period(const AcceleratorConfig& config) {
  constexpr double kMostOff = 0.05;
  const double wanted = 1.0 / config.clock_hz;
  const sc_core::sc_time period(wanted, sc_core::SC_SEC);
  if (std::abs(period.to_seconds() - wanted) > kMostOff * wanted) {
    throw ConfigError("accelerator", "clock_hz", fmt::format("{}", config.clock_hz),
                      fmt::format("a period that the simulator's time resolution of {} holds within 5 %",
                                  sc_core::sc_get_time_resolution().to_string()));
  }
  return period;
}

}  // namespace bitbalance::port
