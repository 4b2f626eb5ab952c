#include "hw/timeline/compute/array_trace.h"

namespace bitbalance::timeline {

void ArrayTrace::tell(const ArrayWork& work, int layer, ExecutionObserver& observer) {
  if (layer != layer_) tile_ = 0;
  layer_ = layer;
  ActivityCounter counter(kNever, {&observer, layer, tile_});
  walk_command(work, counter);
  tile_ += static_cast<std::uint32_t>(work.tiles_in_all());
}

}  // namespace bitbalance::timeline
