// A clock that stands still while its accelerator has nothing to do, so that idle clocked units cost nothing.
// Rising edges lie at multiples of the period, as an sc_clock's do.
#pragma once

#include <systemc>

#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class GatedClock : public sc_core::sc_module {
 public:
  sc_core::sc_signal<bool> signal{"signal"};

  GatedClock(const sc_core::sc_module_name& name, const sc_core::sc_time& period);

  const sc_core::sc_time& period() const { return period_; }
  /// From the first edge later than now on.
  void start();
  /// From now on; a high level still falls.
  void stop() { running_ = false; }

 private:
  void toggle();

  const sc_core::sc_time period_;
  const sc_core::sc_time high_;
  bool running_ = false;
  bool pending_ = false;  ///< an edge is on its way
  sc_core::sc_event edge_;
};

}  // namespace bitbalance::rtl
