// The units of one clock and one reset, and the only process that they need: at a rising edge it calls those
// that are awake. Below all clocked units.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <systemc>
#include <vector>

#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class Clocked;

class ClockDomain {
 public:
  using Signal = sc_core::sc_signal_in_if<bool>;

  /// The domain of this clock and reset, which lives as long as its units. During elaboration.
  static std::shared_ptr<ClockDomain> of(const Signal& clock, const Signal& reset);

  ClockDomain(const Signal& clock, const Signal& reset);
  ClockDomain(const ClockDomain&) = delete;
  ClockDomain& operator=(const ClockDomain&) = delete;

  void enter(Clocked& unit);
  void leave(Clocked& unit);
  void sleep(Clocked& unit, std::int64_t at_latest);

  /// From now on units are called in this random order: they must not depend on it.
  void permute(std::uint64_t seed);
  /// From now on every unit is called at every edge, which must change nothing.
  void keep_awake();

 private:
  static constexpr std::size_t kWordBits = 64;

  void on_edge();
  void ring();
  void reset_units();
  void wake_all();
  void place(std::size_t at, Clocked* unit);

  struct Alarm {
    Clocked* unit;
    std::int64_t edge;
  };

  const Signal& reset_;
  std::int64_t edge_ = -1;
  std::vector<Clocked*> units_;      ///< in the order in which they are called; nullptr: has left
  std::deque<std::uint64_t> awake_;  ///< a bit each; units point into it
  std::vector<Alarm> alarms_;
  std::int64_t first_alarm_ = INT64_MAX;
  bool sleepless_ = false;
};

}  // namespace bitbalance::rtl
