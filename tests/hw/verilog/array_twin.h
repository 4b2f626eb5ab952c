// The Verilog PE array beside ours.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "hw/isa/fixed_point.h"
#include "hw/rtl/channel/channel.h"
#include "hw/rtl/compute/pe_array.h"
#include "tests/hw/verilog/lockstep.h"
#include "tests/hw/verilog/register_probe.h"
#include "tests/hw/verilog/twin_ports.h"

namespace bitbalance::rtl::test {

/// What an array's channels are called in a bench.
struct ArrayChannels {
  const Channel<TokenSlot>& slots;
  const Channel<ActivationVector>& vectors;
  const Channel<DrainBeat>& beats;
  const Channel<LastSlot>& last_slots;
};

template <class Model>
class ArrayTwin : public Lockstep {
 public:
  std::vector<TokenSlot> slots;  ///< as popped
  std::vector<DrainBeat> beats;  ///< as pushed

  /// `grid`: the scope of the accumulators; `memory`: they are a memory and not one vector.
  ArrayTwin(const sc_core::sc_module_name& module_name, bench::Bench& bench, const AcceleratorConfig& config,
            const PeArray& ours, const ArrayChannels& channels, const std::string& grid, bool memory,
            const Flip& flip = {})
      : Lockstep(module_name, bench),
        config_(config),
        ours_(ours),
        channels_(channels),
        memory_(memory),
        flip_(flip),
        probe_(ours),
        twin_(name()),
        storage_bits_(std::max(2 * config.accumulator_bits_8, config.accumulator_bits_16)),
        value_bits_(std::max(config.accumulator_bits_8, config.accumulator_bits_16)),
        row_width_(static_cast<std::size_t>(config.rows), Width::k8),
        accumulator_(name(), "pe_array." + grid, "accumulator"),
        add_(name(), "pe_array", "add"),
        sum_wide_(name(), "pe_array", "sum_wide"),
        sum_rows_(name(), "pe_array", "sum_rows"),
        sum_activation_(name(), "pe_array", "sum_activation"),
        beats_left_(name(), "pe_array", "beats_left"),
        drain_row_(name(), "pe_array", "drain_row"),
        drain_first_lane_(name(), "pe_array", "drain_first_lane") {
    twin_.rst = 1;
    tick();
  }

 private:
  void sample() override {
    flipped_ = false;
    twin_.rst = in_reset();
    twin_.slots_valid = channels_.slots.can_pop();
    if (twin_.slots_valid) set_slot(channels_.slots.front());
    twin_.vectors_valid = channels_.vectors.can_pop();
    if (twin_.vectors_valid) {
      vector_ = channels_.vectors.front();
      if (flip_now(Flip::Of::kActivation) && twin_.slots_valid && slot_.first_of_step) {
        vector_.lane[static_cast<std::size_t>(flip_.row_or_lane)] ^=
            static_cast<std::int16_t>(1 << flip_.bit);
        flipped_ = true;
      }
    }
    // The lanes of a step are wired as its slot says.
    for (int column = 0; column < config_.columns; ++column)
      put(twin_.vectors_activation, 18 * column, 18, wires(vector_, column, slot_.width == Width::k16));
    twin_.beats_ready = channels_.beats.can_push();
    twin_.last_slots_ready = channels_.last_slots.can_push();
  }

  void set_slot(const TokenSlot& slot) {
    slot_ = slot;
    if (flip_now(Flip::Of::kToken) && !slot.bubble) {
      TokenBits& token = slot_.token[static_cast<std::size_t>(flip_.row_or_lane)];
      if ((token & kTokenValid) != 0) {
        token ^= static_cast<TokenBits>(1 << flip_.bit);
        flipped_ = true;
      }
    }
    twin_.slots_bubble = slot.bubble;
    twin_.slots_first_of_step = slot.first_of_step;
    twin_.slots_first_of_tile = slot.first_of_tile;
    twin_.slots_last_of_tile = slot.last_of_tile;
    twin_.slots_last_of_command = slot.last_of_command;
    twin_.slots_wide = slot.width == Width::k16;
    twin_.slots_clear = slot.clear;
    twin_.slots_drain = slot.drain;
    twin_.slots_rows = slot.rows;
    twin_.slots_lanes = slot.lanes;
    for (int row = 0; row < config_.rows; ++row)
      put(twin_.slots_token, 8 * row, 8, slot_.token[static_cast<std::size_t>(row)]);
  }
  bool flip_now(Flip::Of of) const { return flip_.of == of && edges >= flip_.after_edges; }

  std::uint64_t wires(const ActivationVector& vector, int column, bool wide) const {
    const auto lane = [&](int at) {
      return static_cast<std::uint16_t>(vector.lane[static_cast<std::size_t>(at)]);
    };
    if (wide) return lane(column);
    return (lane(column) & 0x1ffu) | std::uint64_t{lane(column + config_.columns) & 0x1ffu} << 9;
  }

  void perform_edge() override {
    twin_.eval();
    const bool takes = twin_.busy;
    if (twin_.slots_valid && twin_.slots_ready && !in_reset()) slots.push_back(slot_);
    if (twin_.beats_valid && twin_.beats_ready && !in_reset()) beats.push_back(beat());
    const bool adds = add_.value() != 0 && !in_reset();
    if (adds) note_sum();
    tick();
    if (takes && flipped_) flip_ = {};
    compare(adds);
  }
  /// The slot that is added at this edge.
  void note_sum() {
    for (int column = 0; column < config_.columns; ++column)
      added_[static_cast<std::size_t>(column)] = sum_activation_.bits(18 * column, 18);
    wide_ = sum_wide_.value() != 0;
    for (std::uint64_t row = 0; row < sum_rows_.value(); ++row)
      row_width_[row] = wide_ ? Width::k16 : Width::k8;
  }
  void tick() {
    twin_.clk = 1;
    twin_.eval();
    twin_.clk = 0;
    twin_.eval();
  }

  DrainBeat beat() const {
    DrainBeat beat;
    beat.row = twin_.beats_row;
    beat.first_lane = twin_.beats_first_lane;
    beat.lanes = twin_.beats_lanes;
    beat.last_of_tile = twin_.beats_last_of_tile;
    for (int i = 0; i < beat.lanes; ++i) {
      beat.value[static_cast<std::size_t>(i)] =
          wrap(static_cast<std::int64_t>(get(twin_.beats_value, value_bits_ * i, value_bits_)), value_bits_);
    }
    return beat;
  }

  void compare(bool performed) {
    expect_equal("slot_valid", 0, probe_["slot_valid"], performed);
    expect_equal("drain.beats_left", 0, probe_["drain.beats_left"], beats_left_.value());
    expect_equal("drain.row", 0, probe_["drain.row"] & 0x3f, drain_row_.value());
    expect_equal("drain.first_lane", 0, probe_["drain.first_lane"], drain_first_lane_.value());
    if (performed) {
      for (int column = 0; column < config_.columns; ++column)
        expect_equal("activation of column", column, ours(column), added_[static_cast<std::size_t>(column)]);
    }
    for (int row = 0; row < config_.rows; ++row) {
      const Width width = row_width_[static_cast<std::size_t>(row)];
      const int bits = config_.accumulator_bits(width);
      for (int lane = 0; lane < config_.lanes(width); ++lane) {
        const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
        expect_equal("accumulator", row * config_.lanes(width) + lane,
                     static_cast<std::uint64_t>(ours_.accumulator(row, lane, width)) & mask,
                     accumulator(row, lane, bits));
      }
    }
  }
  std::uint64_t ours(int column) const {
    ActivationVector vector;
    for (int lane = 0; lane < config_.lanes(Width::k8); ++lane)
      vector.lane[static_cast<std::size_t>(lane)] = ours_.activation(lane);
    return wires(vector, column, wide_);
  }
  std::uint64_t accumulator(int row, int lane, int bits) const {
    const int pe = row * config_.columns + lane % config_.columns;
    const int at = lane < config_.columns ? 0 : bits;
    return memory_ ? accumulator_.bits(at, bits, pe) : accumulator_.bits(storage_bits_ * pe + at, bits);
  }

  const AcceleratorConfig config_;
  const PeArray& ours_;
  const ArrayChannels channels_;
  const bool memory_;
  Flip flip_;
  bool flipped_ = false;  ///< what is offered has the wrong bit
  RegisterProbe probe_;
  Model twin_;
  const int storage_bits_, value_bits_;
  TokenSlot slot_;                                                     ///< offered
  ActivationVector vector_;                                            ///< offered
  std::vector<Width> row_width_;                                       ///< of the row's last slot
  bool wide_ = false;                                                  ///< of the slot added last
  std::array<std::uint64_t, AcceleratorConfig::kMaxColumns> added_{};  ///< its activations, by column
  TwinRegister accumulator_, add_, sum_wide_, sum_rows_, sum_activation_;
  TwinRegister beats_left_, drain_row_, drain_first_lane_;
};

}  // namespace bitbalance::rtl::test
