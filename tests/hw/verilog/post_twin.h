// The Verilog post-processor beside ours, with an output buffer of its own.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "hw/rtl/buffer/output_buffer.h"
#include "hw/rtl/buffer/parameter_buffer.h"
#include "hw/rtl/channel/channel.h"
#include "hw/rtl/completion.h"
#include "hw/rtl/compute/post_processor.h"
#include "tests/hw/verilog/lockstep.h"
#include "tests/hw/verilog/register_probe.h"
#include "tests/hw/verilog/twin_ports.h"

namespace bitbalance::rtl::test {

template <class Model>
class PostTwin : public Lockstep {
 public:
  std::int64_t completions = 0;

  PostTwin(const sc_core::sc_module_name& module_name, bench::Bench& bench, const AcceleratorConfig& config,
           const PostProcessor& ours, const ParameterBuffer& parameters,
           const Channel<DrainTarget>& target_channel, const Channel<DrainBeat>& beat_channel,
           const Channel<Completion>& completion_channel)
      : Lockstep(module_name, bench),
        config_(config),
        value_bits_(std::max(config.accumulator_bits_8, config.accumulator_bits_16)),
        parameters_(parameters),
        target_channel_(target_channel),
        beat_channel_(beat_channel),
        completion_channel_(completion_channel),
        probe_(ours),
        twin_(name()),
        outputs_(static_cast<std::size_t>(config.output_buffer_bytes)) {
    const auto of = [this](const char* reg) { return TwinRegister(name(), "post_processor", reg); };
    registers_ = {{"target.valid", of("target_valid")}, {"target.slot", of("target_slot")}};
    for (const std::string stage : {"fetched", "scaled"}) {
      for (const std::string field : {"valid", "last_of_tile", "slot", "row", "first_lane", "lanes"})
        registers_.emplace_back(stage + '.' + field, of((stage + '_' + field).c_str()));
    }
    fetched_value_ = of("fetched_value");
    scaled_value_ = of("scaled_value");
    twin_.rst = 1;
    tick();
  }

  /// What stands in the output buffer now.
  void load(const OutputBuffer& outputs) {
    for (std::uint32_t i = 0; i < outputs_.size(); ++i)
      outputs_[i] = static_cast<std::uint8_t>(outputs.read(i, Width::k8, false));
  }
  void compare_outputs(const OutputBuffer& outputs) {
    for (std::uint32_t i = 0; i < outputs_.size(); ++i) {
      expect_equal("output byte", static_cast<int>(i),
                   static_cast<std::uint64_t>(outputs.read(i, Width::k8, false)), outputs_[i]);
    }
  }

 private:
  void sample() override {
    twin_.rst = in_reset();
    twin_.targets_valid = target_channel_.can_pop();
    if (twin_.targets_valid) set_target(target_channel_.front());
    twin_.beats_valid = beat_channel_.can_pop();
    if (twin_.beats_valid) {
      const DrainBeat& beat = beat_channel_.front();
      twin_.beats_row = static_cast<std::uint8_t>(beat.row);
      twin_.beats_first_lane = beat.first_lane;
      twin_.beats_lanes = beat.lanes;
      twin_.beats_last_of_tile = beat.last_of_tile;
      for (int i = 0; i < config_.columns; ++i) {
        put(twin_.beats_value, value_bits_ * i, value_bits_,
            static_cast<std::uint64_t>(beat.value[static_cast<std::size_t>(i)]));
      }
    }
    twin_.completions_ready = completion_channel_.can_push();
  }

  void set_target(const DrainTarget& target) {
    const Compute& command = target.command;
    twin_.targets_last_of_command = target.last_of_command;
    twin_.targets_parameter = target.parameter;
    twin_.targets_row_pitch = target.row_pitch;
    for (int lane = 0; lane < 2 * config_.columns; ++lane) {
      const auto at = static_cast<std::size_t>(lane);
      put(twin_.targets_address, 32 * lane, 32, target.address[at]);
      put(twin_.targets_first_of_pool, lane, 1, target.first_of_pool[at]);
    }
    twin_.targets_wide = command.width == Width::k16;
    twin_.targets_output_signed = command.output_signed;
    twin_.targets_pooled = command.pool_h > 1 || command.pool_w > 1;
    twin_.targets_operand = command.operand;
    twin_.targets_operand_signed = command.operand_signed;
    twin_.targets_operand_multiplier = command.operand_multiplier;
    twin_.targets_operand_shift = command.operand_shift;
    twin_.targets_clip_low = static_cast<std::uint16_t>(command.clip_low);
    twin_.targets_clip_high = static_cast<std::uint16_t>(command.clip_high);
  }

  void perform_edge() override {
    twin_.eval();
    if (twin_.parameters_read) {
      const ParameterEntry& entry = parameters_.read(twin_.parameters_entry);
      twin_.parameters_bias = static_cast<std::uint64_t>(entry.bias);
      twin_.parameters_multiplier = entry.multiplier;
      twin_.parameters_shift = entry.shift;
    }
    for (int i = 0; i < config_.columns; ++i) {
      if (get(twin_.outputs_read, i, 1) != 0) put(twin_.outputs_read_data, 16 * i, 16, element(address(i)));
    }
    twin_.eval();
    if (!in_reset()) {
      for (int i = 0; i < config_.columns; ++i) {
        if (get(twin_.outputs_write, i, 1) != 0) write(address(i), get(twin_.outputs_write_data, 16 * i, 16));
      }
      completions += twin_.completions_valid;
    }
    tick();
    for (const auto& [ours, twin] : registers_) expect_equal(ours.c_str(), 0, probe_[ours], twin.value());
    compare_values("fetched", fetched_value_, value_bits_);
    compare_values("scaled", scaled_value_, 64);
  }
  void tick() {
    twin_.clk = 1;
    twin_.eval();
    twin_.clk = 0;
    twin_.eval();
  }
  void compare_values(const std::string& stage, const TwinRegister& twin, int bits) {
    if (probe_[stage + ".valid"] == 0) return;
    const std::uint64_t mask = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    for (int i = 0; i < static_cast<int>(probe_[stage + ".lanes"]); ++i) {
      expect_equal(stage.c_str(), i, probe_[stage + ".value" + std::to_string(i)] & mask,
                   twin.bits(bits * i, bits));
    }
  }

  std::uint32_t address(int i) const {
    return static_cast<std::uint32_t>(get(twin_.outputs_address, 32 * i, 32));
  }
  std::uint64_t element(std::uint32_t at) const {
    if (!twin_.outputs_wide) return outputs_.at(at);
    return outputs_.at(2 * at) | std::uint64_t{outputs_.at(2 * at + 1)} << 8;
  }
  void write(std::uint32_t at, std::uint64_t value) {
    if (!twin_.outputs_wide) {
      outputs_.at(at) = static_cast<std::uint8_t>(value);
      return;
    }
    outputs_.at(2 * at) = static_cast<std::uint8_t>(value);
    outputs_.at(2 * at + 1) = static_cast<std::uint8_t>(value >> 8);
  }

  const AcceleratorConfig config_;
  const int value_bits_;
  const ParameterBuffer& parameters_;
  const Channel<DrainTarget>& target_channel_;
  const Channel<DrainBeat>& beat_channel_;
  const Channel<Completion>& completion_channel_;
  RegisterProbe probe_;
  Model twin_;
  std::vector<std::uint8_t> outputs_;
  std::vector<std::pair<std::string, TwinRegister>> registers_;  ///< by the name of ours
  TwinRegister fetched_value_, scaled_value_;
};

}  // namespace bitbalance::rtl::test
