// The clock of the transaction-level accelerator: no signal, only the times of its rising edges. Edge k lies
// at k periods.
#pragma once

#include <cstdint>
#include <systemc>

#include "hw/isa/transfer/channel_timing.h"
#include "tlm/accelerator/names.h"

namespace bitbalance::tlm_level {

class EdgeClock {
 public:
  explicit EdgeClock(const sc_core::sc_time& period) : period_(period.value()) {}

  sc_core::sc_time period() const { return sc_core::sc_time::from_value(period_); }
  /// First edge at or after the present.
  Edge now() const { return at_or_after(sc_core::sc_time_stamp().value()); }
  /// Last edge at or before the present.
  Edge last() const { return static_cast<Edge>(sc_core::sc_time_stamp().value() / period_); }
  /// First edge not earlier than a time, given in time units.
  Edge at_or_after(std::uint64_t time) const { return static_cast<Edge>((time + period_ - 1) / period_); }
  /// First edge strictly later than it.
  Edge after(std::uint64_t time) const { return static_cast<Edge>(time / period_) + 1; }
  /// From now to the edge, which must not lie in the past.
  sc_core::sc_time until(Edge edge) const {
    return sc_core::sc_time::from_value(static_cast<std::uint64_t>(edge) * period_ -
                                        sc_core::sc_time_stamp().value());
  }

 private:
  std::uint64_t period_;  ///< time units
};

}  // namespace bitbalance::tlm_level
