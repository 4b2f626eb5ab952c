#include "hw/rtl/pe_array.h"

#include <algorithm>
#include <string>

#include "hw/isa/arithmetic.h"

namespace bitbalance::rtl {
PeArray::PeArray(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Ports ports,
                 ActivityMeter& activity, Profile& profile)
    : sc_module(name),
      clk("clk"),
      config_(config),
      ports_(ports),
      activity_meter_(activity),
      profile_(profile),
      pitch_(whole_blocks(config.lanes(false))) {
  SC_HAS_PROCESS(PeArray);
  SC_METHOD(on_clock);
  sensitive << clk.pos();
  dont_initialize();
}

void PeArray::on_clock() {
  if (beats_left_ > 0 && ports_.beats.can_push()) drain_beat();
  perform();
}

void PeArray::drain_beat() {
  const int first = beat_.first_lane;
  const int lanes = std::min(config_.columns, drain_lanes_ - first);
  const int bits = config_.accumulator_bits(drain_wide_);
  const std::size_t from = index(beat_.row, first);
  for (std::size_t i = 0; i < static_cast<std::size_t>(lanes); ++i) {
    beat_.value[i] = wrap(drain_wide_ ? static_cast<std::int64_t>(wide_lanes_.shadow[from + i])
                                      : static_cast<std::int64_t>(narrow_.shadow[from + i]),
                          bits);
  }
  beat_.lanes = static_cast<std::uint8_t>(lanes);
  beat_.last_of_tile = --beats_left_ == 0;
  ports_.beats.push(beat_);
  beat_.first_lane = static_cast<std::uint8_t>(first + lanes);
  if (beat_.first_lane == drain_lanes_) {
    beat_.first_lane = 0;
    ++beat_.row;
  }
  if (beats_left_ > 0 || drain_rows_ == 0) return;
  profile_.count(drain_layer_, Event::kDrain, std::int64_t{drain_rows_} * drain_lanes_);
  if (observer_ != nullptr) observer_->tile_drained(drain_layer_, drain_tile_);
}

void PeArray::perform() {
  if (!ports_.slots.can_pop()) return wait(Activity::kStalled);
  const TokenSlot& slot = ports_.slots.front();
  if (slot.bubble) {
    wait(Activity::kBankConflict);
    ports_.slots.pop();
    return;
  }
  if (slot.first_of_step && !ports_.vectors.can_pop()) return wait(Activity::kStalled);
  const bool drains = slot.last_of_tile && (slot.drain || slot.last_of_command);
  if (drains && beats_left_ > 0) return wait(Activity::kDrainWait);
  if (slot.last_of_command && !ports_.last_slots.can_push()) return wait(Activity::kStalled);
  activity_meter_.count(Activity::kBusy);
  perform_slot(slot);
  if (drains) start_drain(slot);
  if (slot.last_of_command) ports_.last_slots.push({});
  mid_command_ = !slot.last_of_command;
  ports_.slots.pop();
}

/// A cycle without a slot. Other than by a drain, the first slot of a command waits because the pipeline
/// fills: that is the controller's to name.
void PeArray::wait(Activity cause) {
  if (mid_command_ || cause == Activity::kDrainWait) activity_meter_.count(cause);
  if (!slot_valid_) return;
  slot_valid_ = clear_ = first_of_step_ = false;
  token_.fill(0);
}

void PeArray::perform_slot(const TokenSlot& slot) {
  if (slot.first_of_tile && observer_ != nullptr) observer_->tile_begins(slot.layer, slot.tile);
  slot_valid_ = true;
  clear_ = slot.first_of_tile && slot.clear;
  first_of_step_ = slot.first_of_step;
  wide_ = slot.wide;
  rows_ = slot.rows;
  lanes_ = slot.lanes;
  layer_ = slot.layer;
  tile_ = slot.tile;
  token_ = slot.token;
  if (slot.first_of_step) {
    activation_ = ports_.vectors.front();
    ports_.vectors.pop();
  }
  if (fault_row_ >= 0 && slots_performed_ >= fault_slot_) inject_fault();
  if (slot.wide) {
    add(wide_lanes_, slot);
  } else {
    add(narrow_, slot);
  }
  ++slots_performed_;
  ++tile_slots_;
  if (slot.last_of_tile) count_events(slot);
  if (slot.last_of_tile && !slot.drain && observer_ != nullptr)
    observer_->tile_drained(slot.layer, slot.tile);
}

template <class Word>
void PeArray::add(Lanes<Word>& lanes, const TokenSlot& slot) {
  if (slot.first_of_step)
    expand(activation_.lane.data(), slot.lanes, lanes.positive.data(), lanes.negative.data());
  if (clear_) std::fill_n(lanes.accumulator.begin(), slot.rows * pitch_, Word{0});
  tile_tokens_ += shift_add(lanes.accumulator.data(), pitch_, {lanes.positive.data(), lanes.negative.data()},
                            token_.data(), slot.rows, slot.lanes);
}

template <class Word>
void PeArray::save(Lanes<Word>& lanes, const TokenSlot& slot) {
  std::copy_n(lanes.accumulator.begin(), slot.rows * pitch_, lanes.shadow.begin());
}

void PeArray::start_drain(const TokenSlot& slot) {
  drain_wide_ = slot.wide;
  drain_rows_ = slot.drain ? slot.rows : std::uint8_t{0};
  drain_lanes_ = slot.drain ? slot.lanes : std::uint8_t{0};
  drain_layer_ = slot.layer;
  drain_tile_ = slot.tile;
  beat_.row = beat_.first_lane = 0;
  // A command that does not drain sends an empty beat, so that completions keep their order.
  beats_left_ = 1;
  if (!slot.drain) return;
  const int beats_a_row = (slot.lanes + config_.columns - 1) / config_.columns;
  beats_left_ = static_cast<std::uint16_t>(slot.rows * beats_a_row);
  if (slot.wide) {
    save(wide_lanes_, slot);
  } else {
    save(narrow_, slot);
  }
}

void PeArray::count_events(const TokenSlot& slot) {
  const std::int64_t places = tile_slots_ * slot.rows;
  EventCounts& events = profile_.layer(slot.layer).events;
  events.add(Event::kShiftAdd, tile_tokens_ * slot.lanes);
  events.add(Event::kNullSlot, (places - tile_tokens_) * slot.lanes);
  tile_tokens_ = tile_slots_ = 0;
}

void PeArray::flip_token(int row, std::int64_t slot_number) {
  fault_row_ = row;
  fault_slot_ = slot_number;
}

void PeArray::inject_fault() {
  TokenBits& token = token_[static_cast<std::size_t>(fault_row_)];
  if ((token & kTokenValid) == 0) return;
  token ^= kTokenNegative;
  fault_row_ = -1;
}

std::int64_t PeArray::accumulator(int row, int lane, bool wide) const {
  const std::size_t at = index(row, lane);
  return wrap(wide ? static_cast<std::int64_t>(wide_lanes_.accumulator[at])
                   : static_cast<std::int64_t>(narrow_.accumulator[at]),
              config_.accumulator_bits(wide));
}

void PeArray::describe(SignalList& signals) const {
  signals.add("pe_array.slot_valid", slot_valid_);
  signals.add("pe_array.clear", clear_);
  signals.add("pe_array.first_of_step", first_of_step_);
  signals.add("pe_array.wide", wide_);
  signals.add("pe_array.rows", rows_);
  signals.add("pe_array.lanes", lanes_);
  signals.add("pe_array.layer", layer_);
  signals.add("pe_array.tile", tile_);
  for (int lane = 0; lane < config_.lanes(false); ++lane) {
    signals.add("pe_array.lane" + std::to_string(lane) + ".activation",
                activation_.lane[static_cast<std::size_t>(lane)]);
  }
  for (int row = 0; row < config_.rows; ++row) {
    const std::string row_name = "pe_array.row" + std::to_string(row);
    signals.add(row_name + ".token", token_[static_cast<std::size_t>(row)]);
    for (int lane = 0; lane < config_.lanes(false); ++lane) {
      const std::string name = row_name + ".lane" + std::to_string(lane);
      // As signed numbers and in the width of their storage: bits above accumulator_bits are cut off by the
      // drain only.
      signals.add(name + ".accumulator",
                  reinterpret_cast<const std::int32_t&>(narrow_.accumulator[index(row, lane)]));
      if (lane < config_.columns) {
        signals.add(name + ".wide_accumulator",
                    reinterpret_cast<const std::int64_t&>(wide_lanes_.accumulator[index(row, lane)]));
      }
    }
  }
  signals.add("pe_array.drain.beats_left", beats_left_);
  signals.add("pe_array.drain.row", beat_.row);
  signals.add("pe_array.drain.first_lane", beat_.first_lane);
  signals.add("pe_array.drain.tile", drain_tile_);
}

}  // namespace bitbalance::rtl
