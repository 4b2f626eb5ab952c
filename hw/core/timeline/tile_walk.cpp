#include "hw/core/timeline/tile_walk.h"

namespace bitbalance {
namespace {

/// Items of the two-entry channel between weight encoder and array.
class SlotChannel {
 public:
  explicit SlotChannel(Edge before) : popped_(before), popped_before_(before) {}
  /// First edge at which the encoder can push the next item.
  Edge room() const { return popped_before_ + 1; }
  Edge last_popped() const { return popped_; }
  void pop(Edge edge) {
    popped_before_ = popped_;
    popped_ = edge;
  }

 private:
  Edge popped_, popped_before_;
};

}  // namespace

Edge walk_tiles(const ArrayWork& work, ActivityCounter& counter) {
  const auto& tiles = work.tiles->tiles;
  Edge edge = work.first_slot();
  Edge free = work.shadow_free;
  for (int g = 0; g < work.groups_in_all(); ++g) {
    const RowGroupSteps& steps = work.groups[g];
    for (std::size_t t = 0; t < tiles.size(); ++t) {
      const int conflicts = tiles[t].conflicts;
      if (edge >= counter.limit()) return edge;
      if (edge + steps.cycles_before_last(conflicts) <= counter.limit()) {
        // All steps but the last, without looking at each.
        const Edge begin = edge;
        const std::int64_t slots = steps.slots() - steps.slots_of_last();
        edge += steps.cycles_before_last(conflicts);
        counter.add(Activity::kBusy, begin, begin + slots);
        counter.add(Activity::kBankConflict, begin, edge - slots);
      } else {
        for (std::int64_t s = 0; s + 1 < steps.steps() && edge < counter.limit(); ++s) {
          const int slots = steps.slots_of(s);
          const Edge end = edge + std::max(slots, conflicts);
          counter.add(Activity::kBusy, edge, edge + slots);
          counter.add(Activity::kBankConflict, edge + slots, end);
          edge = end;
        }
        if (edge >= counter.limit()) return edge;
      }
      const int slots = steps.slots_of_last();
      counter.add(Activity::kBusy, edge, edge + slots - 1);
      edge += slots - 1;
      const Edge last = std::max(edge, free);
      counter.add(Activity::kDrainWait, edge, last);
      counter.add(Activity::kBusy, last, last + 1);
      free = last + work.beats(g, tiles[t]);
      const bool last_of_group = t + 1 == tiles.size();
      if (last_of_group && g + 1 == work.groups_in_all()) return last;
      const int next_conflicts = tiles[last_of_group ? 0 : t + 1].conflicts;
      edge = last + 1 + std::max(0, next_conflicts - slots);
      counter.add(Activity::kBankConflict, last + 1, edge);
    }
  }
  return edge;
}

Edge walk_single_steps(const ArrayWork& work, ActivityCounter& counter) {
  const auto& tiles = work.tiles->tiles;
  const std::int64_t count = static_cast<std::int64_t>(tiles.size()) * work.groups_in_all();
  const auto tile = [&](std::int64_t t) -> const PixelTile& {
    return tiles[static_cast<std::size_t>(t) % tiles.size()];
  };
  const Edge long_ago = work.popped - 1;
  // Edges of the tile at hand and of the one before: pushed by the sequencer, taken by the encoder, fetched,
  // taken by the activation buffer; its vector pushed and, of the two before, popped.
  Edge pushed = work.popped + 1, taken = pushed + 1, taken_before = long_ago, fetched = taken;
  Edge read_before = long_ago, vector_before = long_ago, vector_popped = long_ago,
       vector_popped_before = long_ago;
  Edge emitted = taken + tile(0).conflicts - 1;  // nothing leaves the encoder up to here
  Edge free = work.shadow_free;
  SlotChannel slots(long_ago);
  bool first_slot = true;
  Edge last = work.popped;
  for (std::int64_t t = 0; t < count && slots.last_popped() < counter.limit(); ++t) {
    const int group = static_cast<int>(t / static_cast<std::int64_t>(tiles.size()));
    const Edge read = std::max(fetched + 1, vector_before + 1);
    const Edge vector = std::max(read + tile(t).conflicts - 1, vector_popped_before + 1);
    const bool has_next = t + 1 < count;
    const Edge next_pushed = std::max({pushed + 1, taken_before + 1, read_before + 1});
    Edge next_fetched = 0;
    // An item waits for the encoder, then for its activations, then for the shadow registers.
    const auto arrive = [&](Edge edge) {
      emitted = edge;
      const Edge begin = slots.last_popped() + 1;
      const Edge there = std::max(emitted + 1, begin);
      if (!first_slot) counter.add(Activity::kStalled, begin, there);
      return there;
    };
    const int slots_of_step = work.groups[group].slots_of_last();
    for (int s = 0; s < slots_of_step; ++s) {
      Edge edge = arrive(std::max(emitted + 1, slots.room()));
      if (s == 0) {
        next_fetched = std::max(emitted, next_pushed + 1);
        const Edge begin = edge;
        edge = std::max(edge, vector + 1);
        if (!first_slot) counter.add(Activity::kStalled, begin, edge);
      }
      if (s + 1 == slots_of_step) {
        const Edge begin = edge;
        edge = std::max(edge, free);
        counter.add(Activity::kDrainWait, begin, edge);
        free = edge + work.beats(group, tile(t));
        last = edge;
      }
      if (s == 0) {
        vector_popped_before = vector_popped;
        vector_popped = edge;
      }
      counter.add(Activity::kBusy, edge, edge + 1);
      slots.pop(edge);
      first_slot = false;
    }
    if (!has_next) break;
    for (int s = slots_of_step; s < tile(t + 1).conflicts; ++s) {
      const Edge edge = arrive(std::max({emitted + 1, next_fetched, slots.room()}));
      counter.add(Activity::kBankConflict, edge, edge + 1);
      slots.pop(edge);
    }
    emitted = std::max(emitted, next_fetched);  // the encoder turns to the next tile
    read_before = read;
    vector_before = vector;
    taken_before = taken;
    taken = emitted;
    pushed = next_pushed;
    fetched = next_fetched;
  }
  return last;
}

}  // namespace bitbalance
