// The units of one clock and one reset, and the only process that they need: at a rising edge it calls those
// that are awake. While none is, it rests: edges are not even seen. Below all clocked units.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <systemc>
#include <utility>
#include <vector>

#include "hw/isa/edge.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class ChannelState;
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
  void sleep(Clocked& unit, Edge at_latest);
  /// A unit has woken while none was awake.
  void rouse() {
    if (resting_) rest_over_.notify(sc_core::SC_ZERO_TIME);  // also in an update phase
  }
  /// Tells from now on whether edges of the clock are needed; what it is told first is that they are not.
  /// Whoever makes the clock may stop it until they are again. Edges that nobody needs have no number.
  void observe_need(std::function<void(bool needed)> observer) { observers_.push_back(std::move(observer)); }

  /// Number of the edge at which units are being called or, in between, will be next.
  Edge coming_edge() const { return edge_ + static_cast<Edge>(!at_edge_); }
  /// Units are being called.
  bool is_at_edge() const { return at_edge_; }
  /// Commits the channel when all units have been called. Precondition: is_at_edge().
  void commit_later(ChannelState& channel) { changed_.push_back(&channel); }

  /// For tests: from now on units are called in this random order: they must not depend on it.
  void permute(std::uint64_t seed);
  /// For tests: from now on every unit is called at every edge, which must change nothing.
  void keep_awake();

 private:
  static constexpr std::size_t kWordBits = 64;

  void on_edge();
  void tell(bool needed) const;
  void ring();
  /// No unit is called before one is woken.
  bool is_quiet() const;
  void call_units();
  void reset_units();
  void wake_all();
  void place(std::size_t at, Clocked* unit);

  const Signal &clock_, &reset_;
  Edge edge_ = -1;
  std::vector<Clocked*> units_;         ///< in the order in which they are called; nullptr: has left
  std::vector<std::uint64_t> awake_;    ///< a bit each; units point into it
  std::vector<ChannelState*> changed_;  ///< at this edge
  Edge first_alarm_ = kNever;           ///< no unit's is earlier
  bool at_edge_ = false;
  bool sleepless_ = false;
  bool resting_ = false;
  sc_core::sc_event rest_over_;
  std::vector<std::function<void(bool needed)>> observers_;
};

}  // namespace bitbalance::rtl
