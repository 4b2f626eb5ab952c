// What the compute engine does, counted at the clock edge by the unit that does it. The controller reads the
// counts of the cycles before an edge, whichever of the two processes runs first at it, and splits them by
// layer.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "hw/isa/events.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class ActivityMeter {
 public:
  /// The cycle that begins at this edge; at most once an edge. Cycles that nobody counts are the controller's
  /// to name.
  void count(Activity activity) {
    ++cycles_[static_cast<std::size_t>(activity)];
    last_ = activity;
    last_time_ = sc_core::sc_time_stamp().value();
  }
  /// Cycles that began before now.
  std::int64_t before_now(Activity activity) const {
    const bool counted_now = last_ == activity && last_time_ == sc_core::sc_time_stamp().value();
    return cycles_[static_cast<std::size_t>(activity)] - static_cast<std::int64_t>(counted_now);
  }

 private:
  std::array<std::int64_t, kActivities> cycles_{};
  Activity last_ = Activity::kCount;
  std::uint64_t last_time_ = ~std::uint64_t{0};
};

}  // namespace bitbalance::rtl
