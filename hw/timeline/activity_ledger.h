// What each engine does in every cycle, told as spans of time, and dealt to the layers once it is known when
// these end. Between the recurrences of the analytic level and the accounts.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/isa/account/profile.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/compute/compute_timeline.h"
#include "hw/timeline/names.h"

namespace bitbalance::timeline {

class ActivityLedger {
 public:
  void clear();

  /// The engine does `activity` up to before edge `end`, from where its span before ended; at first from 0.
  void add(Engine engine, Activity activity, Edge end) {
    spans_[enum_index(engine)].push_back({end, activity});
  }
  /// Part of what `add` calls busy: the array's slots and waits in a compute command up to its last slot. The
  /// command, its row groups and tiles must live until write().
  void add_array(const ArrayWork& work, const ActivityCycles& cycles, Edge last_slot) {
    array_.push_back({work, cycles, last_slot + 1});
  }
  /// The engine's completion that ends the layer is seen at `edge`. In any order.
  void end_layer(Edge edge, Engine engine, std::size_t layer) { ends_.push_back({edge, engine, layer}); }

  /// Adds cycles and activities up to `end`, where the last of the layers ends once more.
  void write(Edge end, Profile& profile);

 private:
  struct Span {
    Edge end;
    Activity activity;
  };
  struct ArraySpan {
    ArrayWork work;
    ActivityCycles cycles;
    Edge end;
  };
  struct LayerEnd {
    Edge edge;
    Engine engine;
    std::size_t layer;
  };

  void write_spans(std::size_t engine, Profile& profile) const;
  void write_array(Profile& profile) const;

  std::array<std::vector<Span>, kEngines> spans_;
  std::vector<ArraySpan> array_;
  std::vector<LayerEnd> ends_;
};

}  // namespace bitbalance::timeline
