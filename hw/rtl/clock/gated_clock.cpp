#include "hw/rtl/clock/gated_clock.h"

namespace bitbalance::rtl {

GatedClock::GatedClock(const sc_core::sc_module_name& name, const sc_core::sc_time& period)
    : sc_module(name), period_(period), high_(sc_core::sc_time::from_value(period.value() / 2)) {
  SC_HAS_PROCESS(GatedClock);
  SC_METHOD(toggle);
  sensitive << edge_;
  dont_initialize();
}

void GatedClock::start() {
  running_ = true;
  if (pending_) return;
  pending_ = true;
  const auto since_multiple = sc_core::sc_time_stamp().value() % period_.value();
  edge_.notify(sc_core::sc_time::from_value(period_.value() - since_multiple));
}

void GatedClock::toggle() {
  const bool rises = !signal.read();
  pending_ = running_ || rises;
  if (rises && !running_) {
    pending_ = false;
    return;
  }
  signal.write(rises);
  if (pending_) edge_.notify(rises ? high_ : period_ - high_);
}

}  // namespace bitbalance::rtl
