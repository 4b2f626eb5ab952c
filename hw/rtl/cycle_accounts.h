// The accounts of a program's cycles: at each edge the controller says what every engine does, and each layer
// gets the cycles up to its end. What the array does while a compute command occupies it comes from its
// meter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <systemc>

#include "hw/isa/account/profile.h"
#include "hw/isa/edge.h"
#include "hw/port/control_registers.h"
#include "hw/rtl/compute/activity_meter.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class CycleAccounts {
 public:
  using Activities = std::array<Activity, kEngines>;  ///< of one cycle; compute: kBusy means occupied

  /// Keeps both references.
  CycleAccounts(Profile& profile, sc_core::sc_port<ActivityMeter>& meter)
      : profile_(profile), meter_(meter) {}

  /// As before any program; the cycle that begins at `edge` is the next to be counted.
  void clear(Edge edge);
  /// The cycle that begins at `edge`.
  void count(Edge edge, const Activities& activities);
  /// Cycles before `edge` that were not counted: each like the last one.
  void catch_up(Edge edge, const Activities& activities);
  /// Gives the cycles counted since the last call to a layer.
  void close_layer(std::size_t layer, Edge edge);
  /// The program ends: what is left belongs to its last layer.
  void close(Edge edge) { close_layer(last_layer_, edge); }

  /// Into `counters`: cycles and busy cycles up to `edge`. `runs`: those that are not counted yet, too.
  void show(Edge edge, bool runs, const Activities& activities, ControlRegisters::Counters& counters) const;

 private:
  Profile& profile_;
  sc_core::sc_port<ActivityMeter>& meter_;
  std::int64_t cycles_ = 0;        ///< of the program
  std::int64_t layer_cycles_ = 0;  ///< since the last layer's end, as the next two
  std::array<ActivityCycles, kEngines> layer_activity_{};
  ActivityCycles metered_{};                   ///< what the meter said at the last layer's end
  std::array<std::int64_t, kEngines> busy_{};  ///< of the program's closed layers
  std::size_t last_layer_ = 0;
  Edge counted_ = 0;  ///< the last cycle in the accounts
};

}  // namespace bitbalance::rtl
