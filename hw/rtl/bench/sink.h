// Stands for the unit after a channel: takes what comes, one item an edge, and notes when.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/rtl/bench/names.h"
#include "hw/rtl/channel/channel_port.h"
#include "hw/rtl/clock/clocked.h"

namespace bitbalance::bench {

template <class T>
class Sink : public Clocked {
 public:
  PopPort<T> in{"in"};
  std::vector<T> received;
  std::vector<std::int64_t> received_at;  ///< edges: one after the push where nothing stalls

  explicit Sink(const sc_core::sc_module_name& name) : Clocked(name) {}
  Sink(const sc_core::sc_module_name& name, Channel<T>& channel) : Clocked(name) { in(channel); }

  void describe(SignalList& /*signals*/) const override {}

 private:
  void on_clock() override {
    if (!in.can_pop()) return;
    received.push_back(in.front());
    received_at.push_back(edge());
    in.pop();
  }
  void reset() override {}
};

}  // namespace bitbalance::bench
