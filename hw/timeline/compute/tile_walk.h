// What the array does in a compute command, edge by edge in order: the rules of docs/timing.md written out,
// for the places where no closed form holds.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/text/enum_index.h"
#include "hw/isa/account/execution_observer.h"
#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/compute/pixel_tiles.h"
#include "hw/timeline/weights/row_group_steps.h"

namespace bitbalance::timeline {

/// A compute command as the array sees it.
struct ArrayWork {
  const Compute* compute = nullptr;
  const RowGroupSteps* groups = nullptr;  ///< in the order conv group, row group
  const PixelTiles* tiles = nullptr;
  int array_rows = 1;
  PipelineConfig pipeline;
  Edge popped = 0;       ///< by the tile sequencer
  Edge shadow_free = 0;  ///< first edge at which a last slot finds the shadow registers free

  int groups_in_all() const { return static_cast<int>(compute->row_groups_in_all(array_rows)); }
  int rows_of(int group) const {
    return compute->rows_of_group(group % compute->row_groups(array_rows), array_rows);
  }
  /// Cycles that the shadow registers take to drain a tile.
  int beats(int group, const PixelTile& tile) const {
    return compute->last_chunk ? rows_of(group) * tiles->beats(tile) : 1;
  }
  std::int64_t tiles_in_all() const {
    return static_cast<std::int64_t>(tiles->tiles.size()) * groups_in_all();
  }
  std::int64_t beats_in_all() const {
    return compute->last_chunk ? tiles->beats_a_row * compute->conv_groups * compute->output_channels : 1;
  }
  /// Edge of a tile's last beat, after whose last slot the shadow registers are free at `free`.
  Edge drained(Edge last_slot, Edge free) const {
    return compute->last_chunk ? free + pipeline.pe - 1 : last_slot;
  }
  Edge first_slot() const { return popped + 2 + tiles->tiles.front().conflicts + pipeline.activation_read; }
};

/// Whom a walk tells what it comes to, and the number of its command's first tile in the layer.
struct WalkListener {
  ExecutionObserver* observer = nullptr;  ///< nullptr: nobody
  int layer = 0;
  std::uint32_t first_tile = 0;
};

/// Counts activities of the cycles before an edge.
class ActivityCounter {
 public:
  explicit ActivityCounter(Edge limit, const WalkListener& listener = {})
      : limit_(limit), listener_(listener) {}
  /// `activity` from edge `begin` to before `end`.
  void add(Activity activity, Edge begin, Edge end) {
    const Edge counted = std::min(end, limit_) - begin;
    if (counted <= 0) return;
    cycles_[enum_index(activity)] += counted;
    if (listener_.observer != nullptr) listener_.observer->array_did(activity, begin, begin + counted);
  }
  void begin_tile(std::int64_t number, Edge first_slot) const {
    if (listener_.observer != nullptr)
      listener_.observer->tile_begins(listener_.layer, tile(number), first_slot);
  }
  void end_tile(std::int64_t number, Edge last_slot, Edge drained) const {
    if (listener_.observer == nullptr) return;
    listener_.observer->tile_ends(listener_.layer, tile(number), last_slot);
    listener_.observer->tile_drained(listener_.layer, tile(number), drained);
  }
  Edge limit() const { return limit_; }
  const ActivityCycles& cycles() const { return cycles_; }

 private:
  std::uint32_t tile(std::int64_t number) const {
    return listener_.first_tile + static_cast<std::uint32_t>(number);
  }

  Edge limit_;
  WalkListener listener_;
  ActivityCycles cycles_{};
};

/// Walks until the counter's limit or the command's end. Returns the edge of the last slot, if it came to it.
Edge walk_command(const ArrayWork& work, ActivityCounter& counter);

}  // namespace bitbalance::timeline
