// The Verilog weight encoder beside ours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bits.h"
#include "hw/isa/weight/tokens.h"
#include "hw/rtl/buffer/weight_buffer.h"
#include "hw/rtl/channel/channel.h"
#include "hw/rtl/compute/weight_encoder.h"
#include "tests/hw/verilog/lockstep.h"
#include "tests/hw/verilog/register_probe.h"
#include "tests/hw/verilog/twin_ports.h"

namespace bitbalance::rtl::test {

template <class Model>
class EncoderTwin : public Lockstep {
 public:
  std::vector<TokenSlot> slots;    ///< as pushed
  std::vector<StepFetch> fetches;  ///< as pushed

  EncoderTwin(const sc_core::sc_module_name& module_name, bench::Bench& bench,
              const AcceleratorConfig& config, const WeightEncoder& ours, const WeightBuffer& weights,
              const Channel<Tile>& tile_channel, const Channel<StepFetch>& fetch_channel,
              const Channel<TokenSlot>& slot_channel, const Flip& flip = {})
      : Lockstep(module_name, bench),
        config_(config),
        weights_(weights),
        tile_channel_(tile_channel),
        fetch_channel_(fetch_channel),
        slot_channel_(slot_channel),
        flip_(flip),
        probe_(ours),
        twin_(name()) {
    const auto of = [this](const char* reg) { return TwinRegister(name(), "weight_encoder", reg); };
    control_ = {{"running", of("running")},     {"step", of("step")},
                {"item", of("items")},          {"tokens_done", of("tokens_done")},
                {"fetch_due", of("fetch_due")}, {"next_conflicts", of("next_conflicts")},
                {"address", of("address")}};
    rows_ = of("rows");
    for (int row = 0; row < config.rows; ++row) add_row(row);
    if (stores_tokens()) {
      token_at_ = {name(), "weight_encoder.g_tokens.pointer", "token_at"};
      position_bits_ = {name(), "weight_encoder.g_tokens.pointer", "position_bits"};
    }
    twin_.rst = 1;
    tick();
  }

 private:
  void sample() override {
    twin_.rst = in_reset();
    twin_.tiles_valid = tile_channel_.can_pop();
    if (twin_.tiles_valid) {
      const Tile& tile = tile_channel_.front();
      twin_.tiles_last_of_command = tile.last_of_command;
      twin_.tiles_wide = tile.width == Width::k16;
      twin_.tiles_clear = tile.clear;
      twin_.tiles_drain = tile.drain;
      twin_.tiles_rows = tile.rows;
      twin_.tiles_lanes = tile.lanes;
      twin_.tiles_conflicts = tile.conflicts;
      twin_.tiles_steps = tile.steps;
      twin_.tiles_weight_address = tile.weight_address;
      twin_.tiles_weight_bits = tile.weight_bits;
      twin_.tiles_nnzb = tile.nnzb;
    }
    twin_.fetches_ready = fetch_channel_.can_push();
    twin_.slots_ready = slot_channel_.can_push();
  }

  void perform_edge() override {
    twin_.eval();
    for (int row = 0; row < config_.rows; ++row)
      put(twin_.weights_data, 64 * row, 64, weights_.read_word(row, twin_.weights_address));
    if (flip_.of == Flip::Of::kWeight && edges >= flip_.after_edges && twin_.weights_read) {
      const int at = 64 * flip_.row_or_lane + flip_.bit;
      put(twin_.weights_data, at, 1, get(twin_.weights_data, at, 1) ^ 1);
      flip_ = {};
    }
    twin_.eval();
    const bool sends = twin_.slots_valid && twin_.slots_ready && !in_reset();
    if (sends) slots.push_back(slot());
    if (twin_.fetches_valid && twin_.fetches_ready && !in_reset())
      fetches.push_back({twin_.fetches_first_of_tile != 0});
    // Ours forgets the tokens of a tile at the edge that begins the next one.
    if (sends && !twin_.slots_bubble && !twin_.tiles_ready) {
      for (int row = 0; row < config_.rows; ++row)
        expect_equal("token", row, probe_["row" + std::to_string(row) + ".token"],
                     get(twin_.slots_token, 8 * row, 8));
    }
    tick();
    compare();
  }
  void tick() {
    twin_.clk = 1;
    twin_.eval();
    twin_.clk = 0;
    twin_.eval();
  }

  TokenSlot slot() const {
    TokenSlot slot;
    slot.bubble = twin_.slots_bubble;
    if (slot.bubble) return slot;
    slot.first_of_step = twin_.slots_first_of_step;
    slot.first_of_tile = twin_.slots_first_of_tile;
    slot.last_of_tile = twin_.slots_last_of_tile;
    slot.last_of_command = twin_.slots_last_of_command;
    slot.width = twin_.slots_wide ? Width::k16 : Width::k8;
    slot.clear = twin_.slots_clear;
    slot.drain = twin_.slots_drain;
    slot.rows = twin_.slots_rows;
    slot.lanes = twin_.slots_lanes;
    for (int row = 0; row < config_.rows; ++row)
      slot.token[static_cast<std::size_t>(row)] = static_cast<TokenBits>(get(twin_.slots_token, 8 * row, 8));
    return slot;
  }

  void compare() {
    for (const auto& [ours, twin] : control_) expect_equal(ours, 0, probe_[ours], twin.value());
    const auto used = static_cast<int>(rows_.value());
    for (int row = 0; row < config_.rows; ++row) {
      const std::string prefix = "row" + std::to_string(row) + '.';
      const RowRegisters& twin = row_registers_[static_cast<std::size_t>(row)];
      expect_equal("word", row, probe_[prefix + "word"], twin.word.value());
      const std::uint64_t ones = probe_[prefix + "ones"], negatives = probe_[prefix + "negatives"];
      if (stores_tokens()) {
        const TokenMask left = tokens_left(twin);
        expect_equal("ones", row, ones, left.ones);
        if (row < used) expect_equal("negatives", row, ones & negatives, left.negatives);
      } else {
        expect_equal("ones", row, ones, twin.ones.value());
        if (row < used) expect_equal("negatives", row, negatives, twin.negatives.value());
      }
    }
  }

  struct RowRegisters {
    TwinRegister word;
    TwinRegister ones, negatives;           ///< of dense weights
    TwinRegister previous, left, negative;  ///< of stored tokens
  };

  bool stores_tokens() const { return config_.weight_storage == WeightStorage::kTokens; }
  void add_row(int row) {
    const std::string scope = std::string("weight_encoder.") + (stores_tokens() ? "g_tokens" : "g_dense") +
                              ".g_row[" + std::to_string(row) + "].encoder";
    const auto of = [&](const char* reg) { return TwinRegister(name(), scope, reg); };
    RowRegisters& registers = row_registers_.emplace_back();
    registers.word = of("word");
    if (stores_tokens()) {
      registers.previous = of("previous");
      registers.left = of("left");
      registers.negative = of("negative");
    } else {
      registers.ones = of("ones");
      registers.negatives = of("negatives");
    }
  }
  /// The stored tokens that no slot has taken, as masks.
  TokenMask tokens_left(const RowRegisters& row) const {
    const bool signed_digit = config_.token_form == TokenForm::kSignedDigit;
    const int position_bits = static_cast<int>(position_bits_.value());
    const std::uint64_t word = row.word.value(), previous = row.previous.value()
                                                            << (64 - row.previous.width());
    TokenMask mask;
    int at = static_cast<int>(token_at_.value());
    for (std::uint64_t left = row.left.value(); left > 0; --left) {
      const std::uint64_t field = at >= 64  ? word >> (at - 64)
                                  : at == 0 ? previous
                                            : previous >> at | word << (64 - at);
      const std::uint32_t bit = 1u << (field & low_mask(position_bits));
      const bool negative = signed_digit ? (field >> position_bits & 1) != 0 : row.negative.value() != 0;
      mask.ones |= bit;
      if (negative) mask.negatives |= bit;
      at += position_bits + (signed_digit ? 1 : 0);
    }
    return mask;
  }

  const AcceleratorConfig config_;
  const WeightBuffer& weights_;
  const Channel<Tile>& tile_channel_;
  const Channel<StepFetch>& fetch_channel_;
  const Channel<TokenSlot>& slot_channel_;
  Flip flip_;
  RegisterProbe probe_;
  Model twin_;
  std::vector<std::pair<const char*, TwinRegister>> control_;  ///< by the name of ours
  TwinRegister rows_;
  TwinRegister token_at_, position_bits_;  ///< of stored tokens
  std::vector<RowRegisters> row_registers_;
};

}  // namespace bitbalance::rtl::test
