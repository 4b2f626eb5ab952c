// What a unit needs around it to run alone: clock, reset, and a way to let time pass.
#pragma once

#include <cstdint>
#include <memory>
#include <systemc>
#include <vector>

#include "hw/rtl/bench/names.h"
#include "hw/rtl/channel/channel.h"
#include "hw/rtl/channel/random_stall.h"
#include "hw/rtl/clock/clocked.h"

namespace bitbalance::bench {

inline sc_core::sc_time clock_period() {
  return {1, sc_core::SC_NS};
}
/// Number of the current clock edge; the first is 0.
inline std::int64_t edge() {
  return static_cast<std::int64_t>(sc_core::sc_time_stamp().value() / clock_period().value());
}

/// Where a test has several, each is a base of a module, after sc_module: names are then below the module's.
class Bench {
 public:
  sc_core::sc_clock clock{"clock", clock_period()};
  sc_core::sc_signal<bool> reset{"reset"};

  /// Binds clock and reset.
  template <class... Units>
  void attach(Units&... units) {
    (units.clk(clock), ...);
    (units.rst(reset), ...);
  }
  /// Lets time pass until `done` holds; false if that takes more than `limit` edges.
  template <class Done>
  bool run_until(const Done& done, std::int64_t limit = 100000) {
    for (std::int64_t i = 0; i < limit && !done(); ++i) sc_core::sc_start(clock_period());
    return done();
  }
  void run_edges(std::int64_t edges) { sc_core::sc_start(clock_period() * static_cast<double>(edges)); }
  /// From now on the channel refuses `percent` of the transfers at random.
  template <class T>
  void stall(Channel<T>& channel, unsigned percent) {
    stalls_.push_back(std::make_unique<RandomStall>(stalls_.size() + 1, percent, clock_period()));
    channel.set_stall(stalls_.back().get());
  }

 private:
  std::vector<std::unique_ptr<RandomStall>> stalls_;
};

}  // namespace bitbalance::bench
