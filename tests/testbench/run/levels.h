// Holds what two levels of detail report of one scenario against each other.
#pragma once

#include <fmt/format.h>

#include <string>

#include "testbench/report/run_report.h"
#include "tests/support/names.h"

namespace bitbalance::test {

/// The first figure of any layer in which the reports differ, data apart; empty if there is none.
inline std::string first_difference(const RunReport& a, const RunReport& b) {
  if (a.frames != b.frames || a.layers.size() != b.layers.size()) return "other frames or layers";
  const auto differ = [](const LayerReport& layer, const std::string& figure, auto left, auto right) {
    return fmt::format("{}: {}: {} and {}", layer.name, figure, left, right);
  };
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    const LayerReport &l = a.layers[i], &r = b.layers[i];
    if (l.name != r.name) return differ(l, "name", l.name, r.name);
    if (l.op != r.op) return differ(l, "op", l.op, r.op);
    if (l.lanes != r.lanes) return differ(l, "lanes", l.lanes, r.lanes);
    if (l.on_host != r.on_host) return differ(l, "on host", l.on_host, r.on_host);
    if (l.macs != r.macs) return differ(l, "MACs", l.macs, r.macs);
    if (l.profile.cycles != r.profile.cycles) return differ(l, "cycles", l.profile.cycles, r.profile.cycles);
    for (std::size_t e = 0; e < kEngines; ++e) {
      for (std::size_t c = 0; c < kActivities; ++c) {
        const std::int64_t left = l.profile.activity[e][c], right = r.profile.activity[e][c];
        const std::string engine = to_string(static_cast<Engine>(e));
        if (left != right) return differ(l, engine + " " + to_string(static_cast<Activity>(c)), left, right);
      }
    }
    for (int e = 0; e < kEvents; ++e) {
      const auto event = static_cast<Event>(e);
      if (l.profile.events[event] != r.profile.events[event])
        return differ(l, to_string(event), l.profile.events[event], r.profile.events[event]);
    }
  }
  return "";
}

}  // namespace bitbalance::test
