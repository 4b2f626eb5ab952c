// Stands for the unit before a channel: pushes what is queued, one item an edge, and notes when.
#pragma once

#include <cstdint>
#include <deque>
#include <systemc>
#include <vector>

#include "hw/rtl/bench/names.h"
#include "hw/rtl/channel/channel_port.h"
#include "hw/rtl/clock/clocked.h"

namespace bitbalance::bench {

template <class T>
class Source : public Clocked {
 public:
  PushPort<T> out{"out"};
  std::deque<T> queue;
  std::vector<std::int64_t> pushed_at;  ///< edges

  explicit Source(const sc_core::sc_module_name& name) : Clocked(name) {}
  Source(const sc_core::sc_module_name& name, Channel<T>& channel) : Clocked(name) { out(channel); }

  void describe(SignalList& /*signals*/) const override {}

 private:
  void on_clock() override {
    if (queue.empty() || !out.can_push()) return;
    out.push(queue.front());
    queue.pop_front();
    pushed_at.push_back(edge());
  }
  void reset() override { queue.clear(); }
};

}  // namespace bitbalance::bench
