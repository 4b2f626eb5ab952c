#include "hw/timeline/compute/tile_walk.h"

#include <array>

namespace bitbalance::timeline {
namespace {

/// Edges at which a tile of one step passes the units.
struct TilePassage {
  Edge pushed = 0;   ///< by the tile sequencer
  Edge taken = 0;    ///< by the weight encoder
  Edge fetched = 0;  ///< its activations are asked for
  Edge read = 0;     ///< by the activation buffer, first cycle
  Edge vector = 0;   ///< of activations, pushed
};

class SingleStepWalk {
 public:
  SingleStepWalk(const ArrayWork& work, ActivityCounter& counter)
      : work_(work),
        counter_(counter),
        stages_(work.pipeline.activation_read),
        popped_(work.popped - 1),
        free_(work.shadow_free) {
    const Edge long_ago = popped_;
    before_ = {long_ago, long_ago, long_ago, long_ago, long_ago};
    items_.fill(long_ago);
    vectors_.fill(long_ago);
    now_.pushed = work.popped + 1;
    now_.taken = now_.fetched = now_.pushed + 1;
    emitted_ = now_.taken + tile(0).conflicts - 1;  // nothing leaves the encoder up to here
  }

  Edge run() {
    const std::int64_t count = work_.tiles_in_all();
    for (std::int64_t t = 0; popped_ < counter_.limit(); ++t) {
      now_.read = std::max(now_.fetched, before_.vector) + 1;
      now_.vector = std::max(now_.read + tile(t).conflicts - 1, vectors_[place(t)] + 1);
      next_.pushed = std::max({now_.pushed, before_.taken, before_.read}) + 1;
      perform_slots(t);
      if (t + 1 == count) break;
      for (int s = slots_of(t); s < tile(t + 1).conflicts; ++s) {
        emit(next_.fetched);
        pop(Activity::kBankConflict, next_pop());
      }
      next_.taken = emitted_ = std::max(emitted_, next_.fetched);
      before_ = now_;
      now_ = next_;
    }
    return popped_;
  }

 private:
  const PixelTile& tile(std::int64_t t) const {
    return work_.tiles->tiles[static_cast<std::size_t>(t) % work_.tiles->tiles.size()];
  }
  int group_of(std::int64_t t) const {
    return static_cast<int>(t / static_cast<std::int64_t>(work_.tiles->tiles.size()));
  }
  int slots_of(std::int64_t t) const { return work_.groups[group_of(t)].slots_of_last(); }

  void perform_slots(std::int64_t t) {
    const int slots = slots_of(t);
    for (int s = 0; s < slots; ++s) {
      const bool first = s == 0, last = s + 1 == slots;
      emit(0);
      if (first) next_.fetched = std::max(emitted_, next_.pushed + 1);
      Edge edge = next_pop();
      if (first) edge = std::max(edge, now_.vector + stages_);
      const Edge drained = last ? std::max(edge, free_) : edge;
      if (first) {
        vectors_[place(t)] = drained;
        counter_.begin_tile(t, drained);
      }
      if (last) {
        free_ = drained + work_.beats(group_of(t), tile(t));
        counter_.end_tile(t, drained, work_.drained(drained, free_));
      }
      pop(Activity::kBusy, drained, drained - edge);
    }
  }

  /// The encoder pushes the next item as soon as there is room, not before `earliest`.
  void emit(Edge earliest) { emitted_ = std::max({emitted_ + 1, earliest, items_[place(item_)] + 1}); }
  /// Of what has been emitted last.
  Edge next_pop() const { return std::max(emitted_ + stages_, popped_ + 1); }

  /// The array takes the item at `edge`, after having waited `drain_wait` cycles for the shadow registers.
  void pop(Activity activity, Edge edge, Edge drain_wait = 0) {
    if (begun_) counter_.add(Activity::kStalled, popped_ + 1, edge - drain_wait);
    counter_.add(Activity::kDrainWait, edge - drain_wait, edge);
    counter_.add(activity, edge, edge + 1);
    begun_ = true;
    popped_ = items_[place(item_++)] = edge;
  }
  /// Of an item or a vector in its channel, which holds one more than it has stages.
  std::size_t place(std::int64_t number) const { return static_cast<std::size_t>(number % (stages_ + 1)); }

  const ArrayWork& work_;
  ActivityCounter& counter_;
  const int stages_;  ///< of the channels of items and vectors
  TilePassage before_, now_, next_;
  Edge emitted_ = 0;  ///< last item pushed by the encoder
  Edge popped_;       ///< last item popped by the array
  /// Edges at which the array popped the last items and vectors: what is pushed takes a place of theirs.
  std::array<Edge, PipelineConfig::kMostStages + 1> items_, vectors_;
  std::int64_t item_ = 0;  ///< number of the next one
  Edge free_;              ///< first edge at which a last slot finds the shadow registers free
  bool begun_ = false;     ///< the first slot has been performed
};

/// Of a command whose tiles have more than one step.
Edge walk_tiles(const ArrayWork& work, ActivityCounter& counter) {
  const auto& tiles = work.tiles->tiles;
  Edge edge = work.first_slot();
  Edge free = work.shadow_free;
  std::int64_t number = 0;
  for (int g = 0; g < work.groups_in_all(); ++g) {
    const RowGroupSteps& steps = work.groups[g];
    for (std::size_t t = 0; t < tiles.size(); ++t) {
      const int conflicts = tiles[t].conflicts;
      if (edge >= counter.limit()) return edge;
      counter.begin_tile(number, edge);
      if (edge + steps.cycles_before_last(conflicts) <= counter.limit()) {
        // All steps but the last, without looking at each.
        const Edge begin = edge;
        const std::int64_t slots = steps.slots() - steps.slots_of_last();
        edge += steps.cycles_before_last(conflicts);
        counter.add(Activity::kBusy, begin, begin + slots);
        counter.add(Activity::kBankConflict, begin + slots, edge);
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
      counter.end_tile(number++, last, work.drained(last, free));
      const bool last_of_group = t + 1 == tiles.size();
      if (last_of_group && g + 1 == work.groups_in_all()) return last;
      const int next_conflicts = tiles[last_of_group ? 0 : t + 1].conflicts;
      edge = last + 1 + std::max(0, next_conflicts - slots);
      counter.add(Activity::kBankConflict, last + 1, edge);
    }
  }
  return edge;
}

}  // namespace

// There a tile can be so short that the next one is late.
Edge walk_command(const ArrayWork& work, ActivityCounter& counter) {
  return work.compute->steps() == 1 ? SingleStepWalk(work, counter).run() : walk_tiles(work, counter);
}

}  // namespace bitbalance::timeline
