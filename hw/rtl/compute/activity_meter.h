// What the compute engine does, counted at the clock edge by the unit that does it. The controller reads the
// counts of the cycles before an edge, whichever of the two units works first at it, and splits them by
// layer.
#pragma once

#include <array>
#include <cstdint>
#include <systemc>

#include "base/text/enum_index.h"
#include "hw/isa/account/execution_observer.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class ActivityMeter : public virtual sc_core::sc_interface {
 public:
  /// The cycle that begins at `edge`; at most once an edge. Cycles that nobody counts are the controller's
  /// to name.
  void count(Activity activity, std::int64_t edge) {
    if (observer_ != nullptr && (activity != last_ || edge != last_edge_ + 1 || !is_span_open_)) {
      tell();
      span_begin_ = edge;
      is_span_open_ = true;
    }
    ++cycles_[enum_index(activity)];
    last_ = activity;
    last_edge_ = edge;
    if (activity == Activity::kBusy) {
      busy_before_ = busy_;
      busy_ = edge;
    }
  }
  /// Cycles that began before `edge`, which is the last one or later.
  std::int64_t before(std::int64_t edge, Activity activity) const {
    const bool counted_now = last_ == activity && last_edge_ == edge;
    return cycles_[enum_index(activity)] - static_cast<std::int64_t>(counted_now);
  }
  /// What the compute engine does in the cycle that begins at `edge`, if it was counted; else kFill.
  Activity at(std::int64_t edge) const { return last_edge_ == edge ? last_ : Activity::kFill; }
  /// Told what is counted; nullptr: nobody.
  void set_observer(ExecutionObserver* observer) { observer_ = observer; }
  /// Tells the observer what it has not been told.
  void tell() {
    if (is_span_open_ && observer_ != nullptr) observer_->array_did(last_, span_begin_, last_edge_ + 1);
    is_span_open_ = false;
  }
  /// Edge of the last busy cycle that began before `edge`; INT64_MIN: there was none.
  std::int64_t last_busy_before(std::int64_t edge) const { return busy_ < edge ? busy_ : busy_before_; }

 private:
  std::array<std::int64_t, kActivities> cycles_{};
  Activity last_ = Activity::kCount;
  std::int64_t last_edge_ = INT64_MIN;
  std::int64_t busy_ = INT64_MIN, busy_before_ = INT64_MIN;
  ExecutionObserver* observer_ = nullptr;
  std::int64_t span_begin_ = 0;  ///< of the activity that was counted last
  bool is_span_open_ = false;    ///< not yet told
};

}  // namespace bitbalance::rtl
