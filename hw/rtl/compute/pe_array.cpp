#include "hw/rtl/compute/pe_array.h"

#include <algorithm>
#include <string>

#include "base/bits.h"
#include "hw/isa/fixed_point.h"

namespace bitbalance::rtl {
namespace {

/// Its tile's sums leave, or its command's empty beat.
bool drains(const TokenSlot& slot) {
  return slot.last_of_tile && (slot.drain || slot.last_of_command);
}

}  // namespace

PeArray::PeArray(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile)
    : PeArrayPorts(name),
      config_(config),
      profile_(profile),
      pitch_(whole_blocks(config.lanes(Width::k8))),
      narrow_lanes_(static_cast<std::size_t>(config.rows) * pitch_),
      wide_lanes_(static_cast<std::size_t>(config.rows) * pitch_) {
  token_.use(config.rows);
  activation_.lane.use(config.lanes(Width::k8));
}

/// With the item that waits.
Activity PeArray::next_activity() const {
  if (shifted_valid_) return Activity::kDrainWait;  // nothing leaves the shadow registers
  if (!slots.can_pop()) return Activity::kStalled;
  const TokenSlot& slot = slots.front();
  if (slot.bubble) return Activity::kBankConflict;
  if (slot.first_of_step && !vectors.can_pop()) return Activity::kStalled;
  // One stage earlier than the sum, a beat may be left.
  if (drains(slot) && beats_left_ >= config_.pipeline.pe) return Activity::kDrainWait;
  if (slot.last_of_command && !last_slots.can_push()) return Activity::kStalled;
  return Activity::kBusy;
}

void PeArray::take_slot() {
  const TokenSlot& slot = slots.front();
  if (slot.first_of_tile && observer_ != nullptr) observer_->tile_begins(slot.layer, slot.tile, edge());
  if (config_.pipeline.pe == 1) {
    perform_slot(slot, slot.first_of_step ? vectors.front() : activation_);
  } else {
    shifted_valid_ = true;
    shifted_slot_ = slot;
    if (slot.first_of_step) shifted_vector_ = vectors.front();
  }
  if (slot.last_of_tile && observer_ != nullptr) {
    observer_->tile_ends(slot.layer, slot.tile, edge());
    if (!slot.drain) observer_->tile_drained(slot.layer, slot.tile, edge());
  }
  if (slot.last_of_command) last_slots.push({});
  mid_command_ = !slot.last_of_command;
  if (slot.first_of_step) vectors.pop();
  slots.pop();
}

/// What has been shifted at the edge before, if there is something.
bool PeArray::add_shifted() {
  if (!shifted_valid_ || (drains(shifted_slot_) && beats_left_ > 0)) return false;
  shifted_valid_ = false;
  perform_slot(shifted_slot_, shifted_vector_);
  return true;
}

void PeArray::on_clock() {
  if (beats_left_ > 0 && beats.can_push()) drain_beat();
  bool adds = add_shifted();
  const Activity now = next_activity();
  // Other than by a drain, the first slot of a command waits because the pipeline fills: that is the
  // controller's to name.
  if (mid_command_ || now == Activity::kBusy || now == Activity::kDrainWait) activity->count(now, edge());
  if (now == Activity::kBusy) {
    take_slot();
    adds = adds || config_.pipeline.pe == 1;
  } else if (now == Activity::kBankConflict) {
    slots.pop();
  }
  if (!adds && slot_valid_) forget_slot();
  // Within a command every cycle is counted.
  if (!mid_command_ && !slot_valid_ && !shifted_valid_ && slots.empty() && (beats_left_ == 0 || beats.full()))
    sleep();
}

void PeArray::reset() {
  forget_slot();
  shifted_valid_ = mid_command_ = false;
  beats_left_ = 0;
  tile_tokens_ = tile_slots_ = 0;
}

void PeArray::forget_slot() {
  slot_valid_ = clear_ = first_of_step_ = false;
  token_.fill(0);
}

void PeArray::drain_beat() {
  const int first = drain_first_lane_;
  const int lanes = std::min(config_.columns, drain_lanes_ - first);
  const int bits = config_.accumulator_bits(drain_width_);
  const std::size_t from = index(drain_row_, first);
  DrainBeat& beat = beats.push();
  for (std::size_t i = 0; i < static_cast<std::size_t>(lanes); ++i) {
    beat.value[i] =
        wrap(drain_width_ == Width::k16 ? static_cast<std::int64_t>(wide_lanes_.shadow[from + i])
                                        : static_cast<std::int64_t>(narrow_lanes_.shadow[from + i]),
             bits);
  }
  beat.row = drain_row_;
  beat.first_lane = drain_first_lane_;
  beat.lanes = static_cast<std::uint16_t>(lanes);
  beat.last_of_tile = --beats_left_ == 0;
  drain_first_lane_ = static_cast<std::uint16_t>(first + lanes);
  if (drain_first_lane_ == drain_lanes_) {
    drain_first_lane_ = 0;
    ++drain_row_;
  }
  if (beats_left_ > 0 || drain_rows_ == 0) return;
  profile_.count(drain_layer_, Event::kDrain, std::int64_t{drain_rows_} * drain_lanes_);
  if (observer_ != nullptr) observer_->tile_drained(drain_layer_, drain_tile_, edge());
}

/// `vector`: looked at for the first slot of a step.
void PeArray::perform_slot(const TokenSlot& slot, const ActivationVector& vector) {
  slot_valid_ = true;
  clear_ = slot.first_of_tile && slot.clear;
  first_of_step_ = slot.first_of_step;
  is_wide_ = slot.width == Width::k16;
  rows_ = slot.rows;
  lanes_ = slot.lanes;
  layer_ = slot.layer;
  tile_ = slot.tile;
  token_ = slot.token;
  if (slot.first_of_step) {
    // From the channel, not from the register beside it: a processor forwards no store to a load of another
    // width, which would wait until it is written.
    if (slot.width == Width::k16) {
      expand(vector, slot.lanes, wide_lanes_.addends);
    } else {
      expand(vector, slot.lanes, narrow_lanes_.addends);
    }
    activation_ = vector;
  }
  if (fault_row_ >= 0 && slots_performed_ >= fault_slot_) inject_fault();
  if (slot.width == Width::k16) {
    add(wide_lanes_, slot);
  } else {
    add(narrow_lanes_, slot);
  }
  ++slots_performed_;
  ++tile_slots_;
  if (slot.last_of_tile) count_events();
  if (drains(slot)) start_drain(slot);
}

template <class Word>
void PeArray::add(Lanes<Word>& lanes, const TokenSlot& slot) {
  if (clear_) std::fill_n(lanes.accumulator.begin(), slot.rows * pitch_, Word{0});
  tile_tokens_ +=
      shift_add(lanes.accumulator.data(), pitch_, lanes.addends, token_.data(), slot.rows, slot.lanes);
}

template <class Word>
void PeArray::save(Lanes<Word>& lanes, const TokenSlot& slot) {
  std::copy_n(lanes.accumulator.begin(), slot.rows * pitch_, lanes.shadow.begin());
}

void PeArray::start_drain(const TokenSlot& slot) {
  drain_width_ = slot.width;
  drain_rows_ = slot.drain ? slot.rows : std::uint16_t{0};
  drain_lanes_ = slot.drain ? slot.lanes : std::uint16_t{0};
  drain_layer_ = slot.layer;
  drain_tile_ = slot.tile;
  drain_row_ = drain_first_lane_ = 0;
  // A command that does not drain sends an empty beat, so that completions keep their order.
  beats_left_ = 1;
  if (!slot.drain) return;
  const int beats_a_row = ceil_div(slot.lanes, config_.columns);
  beats_left_ = static_cast<std::uint16_t>(slot.rows * beats_a_row);
  if (slot.width == Width::k16) {
    save(wide_lanes_, slot);
  } else {
    save(narrow_lanes_, slot);
  }
}

void PeArray::count_events() {
  add_events(profile_.layer(layer_).events);
  tile_tokens_ = tile_slots_ = 0;
}

EventCounts PeArray::uncounted(int& layer) const {
  layer = layer_;
  EventCounts events;
  add_events(events);
  return events;
}

void PeArray::add_events(EventCounts& events) const {
  events.add(Event::kShiftAdd, tile_tokens_ * lanes_);
  events.add(Event::kNullSlot, (tile_slots_ * rows_ - tile_tokens_) * lanes_);
}

void PeArray::flip_token(int row, std::int64_t slot_number) {
  fault_row_ = row;
  fault_slot_ = slot_number;
}

void PeArray::inject_fault() {
  TokenBits& token = token_[fault_row_];
  if ((token & kTokenValid) == 0) return;
  token ^= kTokenNegative;
  fault_row_ = -1;
}

std::int64_t PeArray::accumulator(int row, int lane, Width width) const {
  const std::size_t at = index(row, lane);
  return wrap(width == Width::k16 ? static_cast<std::int64_t>(wide_lanes_.accumulator[at])
                                  : static_cast<std::int64_t>(narrow_lanes_.accumulator[at]),
              config_.accumulator_bits(width));
}

void PeArray::describe(SignalList& signals) const {
  signals.add(*this, "slot_valid", slot_valid_);
  signals.add(*this, "clear", clear_);
  signals.add(*this, "first_of_step", first_of_step_);
  signals.add(*this, "wide", is_wide_);
  signals.add(*this, "rows", rows_, kRowCountBits);
  signals.add(*this, "lanes", lanes_, kLaneCountBits);
  signals.add(*this, "layer", layer_);
  signals.add(*this, "tile", tile_);
  for (int lane = 0; lane < config_.lanes(Width::k8); ++lane) {
    signals.add(*this, "lane" + std::to_string(lane) + ".activation", activation_.lane[lane]);
  }
  for (int row = 0; row < config_.rows; ++row) {
    const std::string row_name = "row" + std::to_string(row);
    signals.add(*this, row_name + ".token", token_[row]);
    for (int lane = 0; lane < config_.lanes(Width::k8); ++lane) {
      const std::string name = row_name + ".lane" + std::to_string(lane);
      // As signed numbers and in the width of their storage: bits above accumulator_bits are cut off by the
      // drain only.
      signals.add(*this, name + ".accumulator",
                  reinterpret_cast<const std::int32_t&>(narrow_lanes_.accumulator[index(row, lane)]));
      if (lane < config_.columns) {
        signals.add(*this, name + ".wide_accumulator",
                    reinterpret_cast<const std::int64_t&>(wide_lanes_.accumulator[index(row, lane)]));
      }
    }
  }
  signals.add(*this, "drain.beats_left", beats_left_);
  signals.add(*this, "drain.row", drain_row_, kRowBits);
  signals.add(*this, "drain.first_lane", drain_first_lane_, kLaneBits);
  signals.add(*this, "drain.tile", drain_tile_);
}

}  // namespace bitbalance::rtl
