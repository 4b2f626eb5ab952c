// Tells an observer what the array does in compute commands, tile by tile: traces of the levels without a
// clock.
#pragma once

#include <cstdint>

#include "hw/isa/account/execution_observer.h"
#include "hw/timeline/compute/tile_walk.h"
#include "hw/timeline/names.h"

namespace bitbalance::timeline {

class ArrayTrace {
 public:
  /// The next command, of that layer.
  void tell(const ArrayWork& work, int layer, ExecutionObserver& observer);

 private:
  int layer_ = -1;
  std::uint32_t tile_ = 0;  ///< the next of the layer
};

}  // namespace bitbalance::timeline
