// The accounts of a run: for each layer of a program its cycles, what every engine did in them, and the
// events.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/isa/account/activity.h"
#include "hw/isa/account/events.h"
#include "hw/isa/command/command.h"

namespace bitbalance::isa {

/// A record that the controller fetches, the program's header too.
inline void count_fetch(EventCounts& events) {
  events.add(Event::kDramReadCommand, kCommandBytes);
  events.add(Event::kDramReadBurst);
}

struct LayerProfile {
  std::int64_t cycles = 0;
  /// Sum over the activities of one engine = cycles.
  std::array<ActivityCycles, kEngines> activity{};
  EventCounts events;

  LayerProfile& operator+=(const LayerProfile& other) {
    cycles += other.cycles;
    events += other.events;
    for (std::size_t e = 0; e < activity.size(); ++e) {
      for (std::size_t a = 0; a < activity[e].size(); ++a) activity[e][a] += other.activity[e][a];
    }
    return *this;
  }
};

/// Layers in program order. Grows on demand: units only know layer numbers.
class Profile {
 public:
  LayerProfile& layer(std::size_t index) {
    if (index >= layers_.size()) layers_.resize(index + 1);
    return layers_[index];
  }
  const std::vector<LayerProfile>& layers() const { return layers_; }
  void count(std::size_t layer_index, Event e, std::int64_t n = 1) { layer(layer_index).events.add(e, n); }
  void clear() { layers_.clear(); }

 private:
  std::vector<LayerProfile> layers_;
};

}  // namespace bitbalance::isa
