#include "hw/timeline/compute/compute_timeline.h"

#include <algorithm>

#include "base/text/enum_index.h"

namespace bitbalance::timeline {
namespace {

ActivityCycles& operator+=(ActivityCycles& a, const ActivityCycles& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

std::int64_t& of(ActivityCycles& cycles, Activity activity) {
  return cycles[enum_index(activity)];
}

/// From one last slot to the next, in cycles.
class TileIntervals {
 public:
  explicit TileIntervals(const ArrayWork& work) : work_(work) {}

  /// `count` times: a tile of `group` behind one that drains `beats` cycles and whose last step had
  /// `slots_before`.
  void add(int group, int conflicts, int slots_before, std::int64_t beats, std::int64_t count) {
    const RowGroupSteps& steps = work_.groups[group];
    const std::int64_t bubbles = std::max(0, conflicts - slots_before);
    const std::int64_t items = bubbles + steps.cycles_before_last(conflicts) + steps.slots_of_last();
    items_ += count * items;
    drain_wait_ += count * std::max<std::int64_t>(0, beats - items);
  }
  /// Slots and bubbles.
  std::int64_t items() const { return items_; }
  std::int64_t drain_wait() const { return drain_wait_; }

 private:
  const ArrayWork& work_;
  std::int64_t items_ = 0, drain_wait_ = 0;
};

/// All of a command whose tiles have more than one step. A tile's last slot comes max(its items, drain of the
/// tile before) after the last slot before it, so that only the first one depends on what was before.
Edge sum_tiles(const ArrayWork& work, ActivityCycles& cycles) {
  const PixelTiles& tiles = *work.tiles;
  const PixelTile& first = tiles.tiles.front();
  const int beats_a_row_of_last = tiles.beats(tiles.tiles.back());
  const RowGroupSteps& first_steps = work.groups[0];
  const std::int64_t first_items =
      first_steps.cycles_before_last(first.conflicts) + first_steps.slots_of_last();
  const Edge unhindered = work.first_slot() + first_items - 1;
  const Edge first_last_slot = std::max(unhindered, work.shadow_free);

  TileIntervals intervals(work);
  std::int64_t slots = 0;
  for (int g = 0; g < work.groups_in_all(); ++g) {
    if (g > 0) {
      const int rows_before = work.rows_of(g - 1);
      intervals.add(g, first.conflicts, work.groups[g - 1].slots_of_last(),
                    std::int64_t{rows_before} * beats_a_row_of_last, 1);
    }
    const int rows = work.rows_of(g);
    for (const PixelTiles::Transition& t : tiles.transitions) {
      intervals.add(g, t.conflicts, work.groups[g].slots_of_last(), std::int64_t{rows} * t.beats_a_row,
                    t.count);
    }
    slots += work.groups[g].slots();
  }
  slots *= static_cast<std::int64_t>(tiles.tiles.size());
  of(cycles, Activity::kBusy) = slots;
  of(cycles, Activity::kBankConflict) = first_items + intervals.items() - slots;
  of(cycles, Activity::kDrainWait) = first_last_slot - unhindered + intervals.drain_wait();
  return first_last_slot + intervals.items() + intervals.drain_wait();
}

}  // namespace

ActivityCycles activity_before(const ArrayWork& work, Edge edge) {
  ActivityCounter counter(edge);
  walk_command(work, counter);
  return counter.cycles();
}

void ComputeTimeline::restart() {
  finished_ = total_ = {};
  work_ = {};
  last_slot_ = -1;
  by_table_ = false;
  shadow_free_ = 0;
}

const PixelTiles& TileShapes::of(const Compute& c) {
  // Common offsets move all lanes alike: neither bases nor conv groups matter.
  const auto banks = static_cast<std::uint32_t>(config_.activation_banks(c.width));
  return tiles_.get({c.images, c.rows, c.columns, c.plane_columns % banks, c.activation_image_stride % banks,
                     element_bytes(c.width)},
                    [&] { return pixel_tiles(c, config_); });
}

ComputeTimeline::Outcome ComputeTimeline::perform(const Compute& compute, const RowGroupSteps* groups,
                                                  Edge popped) {
  finished_ += total_;
  total_ = {};
  compute_ = compute;
  work_ = {&compute_, groups, &tiles_of(compute), array_rows_, pipeline_, popped, shadow_free_};
  if (compute.steps() == 1) {
    ActivityCounter counter(kNever);
    last_slot_ = walk_command(work_, counter);
    total_ = counter.cycles();
  } else {
    last_slot_ = sum_tiles(work_, total_);
  }
  const Edge drained = last_slot_ + work_.beats(work_.groups_in_all() - 1, work_.tiles->tiles.back());
  // A beat without a gap behind one that takes the table stage takes it, too.
  const bool is_gapless = drained - shadow_free_ == work_.beats_in_all();
  by_table_ = compute.lookup || (by_table_ && is_gapless);
  shadow_free_ = drained;
  const int stages = pipeline_.pe + 2 + static_cast<int>(by_table_) + pipeline_.result_delay();
  return {last_slot_ + 1, drained + stages};
}

ActivityCycles ComputeTimeline::before(Edge edge) const {
  ActivityCycles cycles = finished_;
  if (edge > last_slot_) {
    cycles += total_;
  } else {
    cycles += activity_before(work_, edge);
  }
  return cycles;
}

}  // namespace bitbalance::timeline
