#include "hw/rtl/compute/post_processor.h"

#include <algorithm>

#include "base/bits.h"
#include "hw/isa/fixed_point.h"

namespace bitbalance::rtl {

PostProcessor::PostProcessor(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                             Profile& profile)
    : Clocked(name),
      config_(config),
      profile_(profile),
      products_(config.pipeline),
      scaled_(products_.last()) {
  products_.first().value.use(config.columns);
}

void PostProcessor::reset() {
  target_valid_ = fetched_.valid = clamped_.valid = false;
  products_.clear();
}

void PostProcessor::on_clock() {
  // From the last stage to the first: each takes what the one before registered at the edge before.
  const bool takes_table_stage = scaled_.valid && (clamped_.valid || targets_[scaled_.slot].command.lookup);
  const Stage* const written = clamped_.valid ? &clamped_ : takes_table_stage ? nullptr : &scaled_;
  if (written != nullptr && waits(*written)) return;  // holds the whole pipeline
  if (clamped_.valid) write(clamped_);
  clamped_.valid = takes_table_stage;
  if (scaled_.valid) clamp_sums();
  if (takes_table_stage) {
    clamped_ = scaled_;
  } else if (scaled_.valid) {
    write(scaled_);
  }
  products_.hand_on();
  multiply();
  fetch();
  if (!fetched_.valid && products_.empty() && !clamped_.valid && beats.empty() &&
      (target_valid_ || targets.empty()))
    sleep();
}

bool PostProcessor::completes(const Stage& stage) const {
  return stage.last_of_tile && targets_[stage.slot].last_of_command;
}

bool PostProcessor::waits(const Stage& stage) const {
  return stage.valid && completes(stage) && !completions.can_push();
}

void PostProcessor::write(const Stage& stage) {
  write_results(stage);
  if (completes(stage)) completions.push({ProgramFault::kNone, targets_[stage.slot].layer, false});
}

void PostProcessor::fetch() {
  fetched_.valid = false;
  if (!target_valid_ && targets.can_pop()) {
    slot_ = static_cast<std::uint8_t>((slot_ + 1) % slots());
    targets_[slot_] = targets.front();
    targets.pop();
    target_valid_ = true;
  }
  if (!target_valid_ || !beats.can_pop()) return;
  const DrainBeat& beat = beats.front();
  fetched_.valid = true;
  fetched_.last_of_tile = beat.last_of_tile;
  fetched_.slot = slot_;
  fetched_.row = beat.row;
  fetched_.first_lane = beat.first_lane;
  fetched_.lanes = beat.lanes;
  if (beat.lanes > 0) {
    const DrainTarget& target = targets_[slot_];
    fetched_.parameter = parameters->read(std::uint32_t{target.parameter} + beat.row, target.stamp);
    std::copy_n(beat.value.begin(), beat.lanes, fetched_.value.begin());
    profile_.count(target.layer, Event::kParameterRead);
  }
  if (beat.last_of_tile) target_valid_ = false;
  beats.pop();
}

void PostProcessor::multiply() {
  if (!fetched_.valid) return;
  Stage& product = products_.first();
  product.valid = true;
  product.last_of_tile = fetched_.last_of_tile;
  product.slot = fetched_.slot;
  product.row = fetched_.row;
  product.first_lane = fetched_.first_lane;
  product.lanes = fetched_.lanes;
  product.parameter = fetched_.parameter;
  const ParameterEntry& parameter = fetched_.parameter;
  const int accumulator_bits = config_.accumulator_bits(targets_[fetched_.slot].command.width);
  for (unsigned i = 0; i < fetched_.lanes; ++i) {
    product.value[i] = biased_product(fetched_.value[i], parameter.bias, parameter.multiplier,
                                      parameter.shift, accumulator_bits);
  }
}

void PostProcessor::clamp_sums() {
  const DrainTarget& target = targets_[scaled_.slot];
  const Compute& command = target.command;
  const std::uint32_t row_offset = scaled_.row * target.row_pitch;
  if (command.operand && scaled_.lanes > 0) ++output_reads_;
  for (unsigned i = 0; i < scaled_.lanes; ++i) {
    const std::uint32_t pixel = target.address[scaled_.first_lane + i];
    if (pixel == DrainTarget::kDropped) continue;
    std::int64_t operand = 0;
    if (command.operand) {
      operand =
          rescale(outputs->read(pixel + row_offset, command.width, command.operand_signed, target.stamp),
                  command.operand_multiplier, command.operand_shift);
    }
    scaled_.value[i] =
        result_of(scaled_.value[i], scaled_.parameter.shift, operand, command.clip_low, command.clip_high);
  }
}

void PostProcessor::write_results(const Stage& stage) {
  const DrainTarget& target = targets_[stage.slot];
  const Compute& command = target.command;
  const bool pooled = command.pool_h > 1 || command.pool_w > 1;
  const std::uint32_t row_offset = stage.row * target.row_pitch;
  std::int64_t written = 0;
  std::int64_t compared = 0;
  for (unsigned i = 0; i < stage.lanes; ++i) {
    const unsigned lane = stage.first_lane + i;
    if (target.address[lane] == DrainTarget::kDropped) continue;
    const std::uint32_t address = target.address[lane] + row_offset;
    int result = static_cast<int>(stage.value[i]);
    if (command.lookup)
      result = tables->read(command.table, target.stamp).at(result, command.width, command.output_signed);
    if (pooled && !target.first_of_pool[lane]) {
      result = std::max(result, outputs->read(address, command.width, command.output_signed, target.stamp));
      ++compared;
    }
    outputs->write(address, command.width, result, target.stamp);
    ++written;
  }
  if (stage.lanes == 0) return;
  output_reads_ += static_cast<std::uint32_t>(compared > 0);
  output_writes_ += static_cast<std::uint32_t>(written > 0);
  EventCounts& events = profile_.layer(target.layer).events;
  events.add(Event::kRequantize, stage.lanes + (command.operand ? written : 0));
  events.add(Event::kOutputBufferRead, compared + (command.operand ? written : 0));
  events.add(Event::kOutputBufferWrite, written);
  if (command.lookup) events.add(Event::kLookup, written);
  if (pooled) events.add(Event::kPoolElement, written);
}

void PostProcessor::describe(SignalList& signals) const {
  signals.add(*this, "target.valid", target_valid_);
  const int slot_bits = index_bits(static_cast<std::uint64_t>(slots()));
  signals.add(*this, "target.slot", slot_, slot_bits);
  const auto stage = [this, &signals, slot_bits](const std::string& prefix, const Stage& s) {
    signals.add(*this, prefix + ".valid", s.valid);
    signals.add(*this, prefix + ".last_of_tile", s.last_of_tile);
    signals.add(*this, prefix + ".slot", s.slot, slot_bits);
    signals.add(*this, prefix + ".row", s.row, kRowBits);
    signals.add(*this, prefix + ".first_lane", s.first_lane, kLaneBits);
    signals.add(*this, prefix + ".lanes", s.lanes, kColumnCountBits);
    for (int i = 0; i < config_.columns; ++i)
      signals.add(*this, prefix + ".value" + std::to_string(i), s.value[i], 64);
  };
  stage("fetched", fetched_);
  for (const Stage* product = products_.begin(); product != &scaled_; ++product)
    stage("product" + std::to_string(product - products_.begin()), *product);
  stage("scaled", scaled_);
  stage("clamped", clamped_);
  signals.add(*this, "output_reads", output_reads_);
  signals.add(*this, "output_writes", output_writes_);
}

}  // namespace bitbalance::rtl
