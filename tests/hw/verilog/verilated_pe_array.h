// The Verilog PE array as a SystemC module (`verilator --sc`) in the place of ours in the running
// accelerator.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <stdexcept>
#include <systemc>
#include <type_traits>

#include "hw/rtl/compute/pe_array_ports.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

/// `Bits` wires as Verilator types a port of them.
template <int Bits>
class PortWires {
 public:
  using Port = std::conditional_t<Bits <= 32, std::uint32_t,
                                  std::conditional_t<Bits <= 64, std::uint64_t, sc_dt::sc_bv<Bits>>>;

  /// Sets a field of at most 32 bits, all of which are 0.
  void put(int at, int bits, std::uint32_t value) {
    const std::uint64_t shifted = std::uint64_t{value} << at % 32;
    word_[static_cast<std::size_t>(at / 32)] |= static_cast<std::uint32_t>(shifted);
    if (at % 32 + bits > 32)
      word_[static_cast<std::size_t>(at / 32 + 1)] |= static_cast<std::uint32_t>(shifted >> 32);
  }
  Port port() const {
    if constexpr (Bits <= 64) {
      std::uint64_t value = word_[0];
      if constexpr (Bits > 32) value |= std::uint64_t{word_[1]} << 32;
      return static_cast<Port>(value);
    } else {
      Port value;
      for (int i = 0; i < static_cast<int>(word_.size()); ++i)
        value.set_word(i, word_[static_cast<std::size_t>(i)]);
      return value;
    }
  }

 private:
  std::array<std::uint32_t, (Bits + 31) / 32> word_{};
};

/// Signals carry in each cycle what the channels hold in it: they are set at the falling edge. At the rising
/// edge the model's outputs say what is popped and pushed. So channels must not stall at random, which would
/// change within the cycle.
template <class Model, int kRows, int kColumns>
class VerilatedPeArray : public PeArrayPorts {
 public:
  /// Precondition: `config` has kRows rows, kColumns columns, accumulators of 32 and 48 bits, and as many
  /// stages per PE as the model.
  VerilatedPeArray(const sc_core::sc_module_name& module_name, const AcceleratorConfig& config,
                   Profile& profile)
      : PeArrayPorts(module_name), profile_(profile) {
    if (config.rows != kRows || config.columns != kColumns || config.accumulator_bits_8 != 32 ||
        config.accumulator_bits_16 != kValueBits)
      throw std::invalid_argument("the Verilog array has other sizes than the configuration");
    bind();
    SC_HAS_PROCESS(VerilatedPeArray);
    SC_METHOD(drive);
    sensitive << clk.neg();
    dont_initialize();
  }

  void describe(SignalList& /*signals*/) const override {}

 private:
  static constexpr int kValueBits = 48, kLaneBits = 18;
  /// A tile whose beats have not all left.
  struct Drain {
    std::uint16_t layer;
    std::uint32_t tile;
    std::int64_t results;  ///< 0: the empty beat of a command that does not drain
  };

  void bind() {
    model_.clk(clk);
    model_.rst(rst);
    model_.slots_valid(slots_valid_);
    model_.slots_ready(slots_ready_);
    model_.slots_bubble(bubble_);
    model_.slots_first_of_step(first_of_step_);
    model_.slots_first_of_tile(first_of_tile_);
    model_.slots_last_of_tile(last_of_tile_);
    model_.slots_last_of_command(last_of_command_);
    model_.slots_wide(wide_);
    model_.slots_clear(clear_);
    model_.slots_drain(drain_);
    model_.slots_rows(rows_);
    model_.slots_lanes(lanes_);
    model_.slots_token(token_);
    model_.vectors_valid(vectors_valid_);
    model_.vectors_ready(vectors_ready_);
    model_.vectors_activation(activation_);
    model_.beats_valid(beats_valid_);
    model_.beats_ready(beats_ready_);
    model_.beats_row(beat_row_);
    model_.beats_first_lane(beat_first_lane_);
    model_.beats_lanes(beat_lanes_);
    model_.beats_last_of_tile(beat_last_of_tile_);
    model_.beats_value(beat_value_);
    model_.last_slots_valid(last_slots_valid_);
    model_.last_slots_ready(last_slots_ready_);
    model_.busy(busy_);
    model_.bank_conflict(bank_conflict_);
    model_.drain_wait(drain_wait_);
    model_.stalled(stalled_);
  }

  /// Falling edge: what the model sees in this cycle.
  void drive() {
    slots_valid_ = slots.can_pop();
    vectors_valid_ = vectors.can_pop();
    beats_ready_ = beats.can_push();
    last_slots_ready_ = last_slots.can_push();
    if (!slots.can_pop()) return;
    const TokenSlot& slot = slots.front();
    bubble_ = slot.bubble;
    first_of_step_ = slot.first_of_step;
    first_of_tile_ = slot.first_of_tile;
    last_of_tile_ = slot.last_of_tile;
    last_of_command_ = slot.last_of_command;
    wide_ = slot.width == Width::k16;
    clear_ = slot.clear;
    drain_ = slot.drain;
    rows_ = slot.rows;
    lanes_ = slot.lanes;
    PortWires<8 * kRows> token;
    for (int row = 0; row < kRows; ++row) token.put(8 * row, 8, slot.token[at(row)]);
    token_ = token.port();
    if (slot.first_of_step && vectors.can_pop()) drive_activations(slot, vectors.front());
  }
  void drive_activations(const TokenSlot& slot, const ActivationVector& vector) {
    PortWires<kLaneBits * kColumns> wires;
    for (int column = 0; column < kColumns; ++column) {
      const auto low = static_cast<std::uint16_t>(vector.lane[at(column)]);
      const auto high = static_cast<std::uint16_t>(vector.lane[at(column + kColumns)]);
      const unsigned bits = slot.width == Width::k16 ? low : (low & 0x1ffu) | (high & 0x1ffu) << 9;
      wires.put(kLaneBits * column, kLaneBits, bits);
    }
    activation_ = wires.port();
  }

  void on_clock() override {
    if (beats_valid_ && beats_ready_) push_beat();
    if (busy_) activity->count(Activity::kBusy, edge());
    if (bank_conflict_) activity->count(Activity::kBankConflict, edge());
    if (drain_wait_) activity->count(Activity::kDrainWait, edge());
    if (stalled_) activity->count(Activity::kStalled, edge());
    if (last_slots_valid_) last_slots.push({});
    if (vectors_ready_) vectors.pop();
    if (!slots_ready_) return;
    if (busy_) count_slot(slots.front());
    slots.pop();
  }
  void reset() override {
    tile_tokens_ = tile_slots_ = 0;
    drains_.clear();
  }

  void push_beat() {
    DrainBeat beat;
    beat.row = static_cast<std::uint16_t>(beat_row_.read());
    beat.first_lane = static_cast<std::uint16_t>(beat_first_lane_.read());
    beat.lanes = static_cast<std::uint16_t>(beat_lanes_.read());
    beat.last_of_tile = beat_last_of_tile_;
    const auto& value = beat_value_.read();
    for (int i = 0; i < beat.lanes; ++i) {
      const std::uint64_t bits = value.range(kValueBits * i + kValueBits - 1, kValueBits * i).to_uint64();
      beat.value[at(i)] = static_cast<std::int64_t>(bits << (64 - kValueBits)) >> (64 - kValueBits);
    }
    beats.push(beat);
    if (!beat.last_of_tile) return;
    const Drain drain = drains_.front();
    drains_.pop_front();
    if (drain.results == 0) return;
    profile_.count(drain.layer, Event::kDrain, drain.results);
    if (observer_ != nullptr) observer_->tile_drained(drain.layer, drain.tile, edge());
  }

  /// The events of a tile, and its beginning and end for the observer.
  void count_slot(const TokenSlot& slot) {
    if (slot.first_of_tile && observer_ != nullptr) observer_->tile_begins(slot.layer, slot.tile, edge());
    for (int row = 0; row < slot.rows; ++row) tile_tokens_ += (slot.token[at(row)] & kTokenValid) != 0;
    tile_slots_ += slot.rows;
    if (!slot.last_of_tile) return;
    EventCounts& events = profile_.layer(slot.layer).events;
    events.add(Event::kShiftAdd, tile_tokens_ * slot.lanes);
    events.add(Event::kNullSlot, (tile_slots_ - tile_tokens_) * slot.lanes);
    tile_tokens_ = tile_slots_ = 0;
    if (slot.drain || slot.last_of_command)
      drains_.push_back({slot.layer, slot.tile, slot.drain ? std::int64_t{slot.rows} * slot.lanes : 0});
    if (!slot.drain && observer_ != nullptr) observer_->tile_drained(slot.layer, slot.tile, edge());
  }

  static std::size_t at(int index) { return static_cast<std::size_t>(index); }

  Profile& profile_;
  Model model_{"model"};

  sc_core::sc_signal<bool> slots_valid_, slots_ready_, bubble_, first_of_step_, first_of_tile_, last_of_tile_,
      last_of_command_, wide_, clear_, drain_;
  sc_core::sc_signal<std::uint32_t> rows_, lanes_;
  sc_core::sc_signal<typename PortWires<8 * kRows>::Port> token_;
  sc_core::sc_signal<bool> vectors_valid_, vectors_ready_;
  sc_core::sc_signal<typename PortWires<kLaneBits * kColumns>::Port> activation_;
  sc_core::sc_signal<bool> beats_valid_, beats_ready_, beat_last_of_tile_;
  sc_core::sc_signal<std::uint32_t> beat_row_, beat_first_lane_, beat_lanes_;
  sc_core::sc_signal<typename PortWires<kValueBits * kColumns>::Port> beat_value_;
  sc_core::sc_signal<bool> last_slots_valid_, last_slots_ready_;
  sc_core::sc_signal<bool> busy_, bank_conflict_, drain_wait_, stalled_;

  std::int64_t tile_tokens_ = 0, tile_slots_ = 0;  ///< of the tile, over its used rows
  std::deque<Drain> drains_;  ///< with two stages one tile's last beat leaves after the next tile's last slot
};

}  // namespace bitbalance::rtl::test
