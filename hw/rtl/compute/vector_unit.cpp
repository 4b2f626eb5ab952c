#include "hw/rtl/compute/vector_unit.h"

#include <algorithm>

#include "hw/isa/command/command_check.h"
#include "hw/isa/fixed_point.h"
#include "hw/isa/pooling.h"

namespace bitbalance::rtl {

VectorUnit::VectorUnit(const sc_core::sc_module_name& name, const AcceleratorConfig& config, Profile& profile)
    : Clocked(name), config_(config), profile_(profile), results_(config.pipeline) {
  group_.value.use(config.columns);
  group_.valid_taps.use(config.columns);
}

void VectorUnit::on_clock() {
  if (results_.last().valid) write_results(results_.last());
  results_.hand_on();
  switch (state_) {
    case State::kIdle:
      if (commands.can_pop()) {
        accept();
      } else if (commands.empty()) {
        sleep();
      }
      break;
    case State::kPooling:
      pool_tap();
      break;
    case State::kAdding:
      add_half();
      break;
    case State::kLookingUp:
      look_up();
      break;
    case State::kReporting:
      report();
  }
}

void VectorUnit::reset() {
  state_ = State::kIdle;
  results_.clear();
}

void VectorUnit::accept() {
  const IssuedCommand& command = commands.front();
  header_ = command.header;
  stamp_ = command.stamp;
  fault_ = ProgramFault::kBadOpcode;
  if (const Pool* pool = std::get_if<Pool>(&command.body)) {
    fault_ = check(*pool, config_);
    kind_ = Kind::kPool;
    pool_ = *pool;
    image_ = channel_ = pixel_ = output_row_ = output_column_ = 0;
    tap_row_ = tap_column_ = 0;
    state_ = State::kPooling;
  } else if (const Add* add = std::get_if<Add>(&command.body)) {
    fault_ = check(*add, config_);
    kind_ = Kind::kAdd;
    add_ = *add;
    element_ = 0;
    second_addend_ = false;
    state_ = State::kAdding;
  } else if (const Lookup* lookup = std::get_if<Lookup>(&command.body)) {
    fault_ = check(*lookup, config_);
    kind_ = Kind::kLookup;
    lookup_ = *lookup;
    element_ = 0;
    state_ = State::kLookingUp;
  }
  if (fault_ != ProgramFault::kNone) state_ = State::kReporting;
  commands.pop();
}

void VectorUnit::begin_pool_group() {
  const std::uint32_t plane_outputs = std::uint32_t{pool_.output_rows} * pool_.output_columns;
  const auto lanes = std::min(static_cast<std::uint32_t>(config_.columns), plane_outputs - pixel_);
  group_.lanes = static_cast<std::uint16_t>(lanes);
  group_.output = pool_.output_base + image_ * pool_.output_image_stride + channel_ * plane_outputs + pixel_;
  plane_ = pool_.input_base + image_ * pool_.input_image_stride +
           channel_ * pool_.input_rows * pool_.input_columns;
  for (std::uint32_t i = 0; i < lanes; ++i) {
    window_row_[i] = static_cast<std::uint16_t>(output_row_ * pool_.stride_h);
    window_column_[i] = static_cast<std::uint16_t>(output_column_ * pool_.stride_w);
    group_.value[i] = pool_.average ? 0 : INT64_MIN;
    group_.valid_taps[i] = 0;
    if (++output_column_ == pool_.output_columns) {
      output_column_ = 0;
      ++output_row_;
    }
  }
}

void VectorUnit::pool_tap() {
  ++output_reads_;
  if (tap_row_ == 0 && tap_column_ == 0) begin_pool_group();
  for (unsigned i = 0; i < group_.lanes; ++i) {
    const std::uint32_t row = window_row_[i] + std::uint32_t{tap_row_};
    const std::uint32_t column = window_column_[i] + std::uint32_t{tap_column_};
    const int element =
        outputs->read(plane_ + row * pool_.input_columns + column, pool_.width, pool_.is_signed, stamp_);
    if (!pool_.average) {
      group_.value[i] = std::max<std::int64_t>(group_.value[i], element);
      continue;
    }
    add_tap(pool_, row, column, element, group_.value[i], group_.valid_taps[i]);
  }
  EventCounts& events = profile_.layer(header_.layer).events;
  events.add(Event::kOutputBufferRead, group_.lanes);
  events.add(Event::kPoolElement, group_.lanes);

  if (++tap_column_ < pool_.kernel_w) return;
  tap_column_ = 0;
  if (++tap_row_ < pool_.kernel_h) return;
  tap_row_ = 0;
  end_pool_group();
}

void VectorUnit::end_pool_group() {
  end_group();
  pixel_ += group_.lanes;
  if (pixel_ < std::uint32_t{pool_.output_rows} * pool_.output_columns) return;
  pixel_ = output_row_ = output_column_ = 0;
  if (++channel_ < pool_.channels) return;
  channel_ = 0;
  if (++image_ == pool_.images) state_ = State::kReporting;
}

void VectorUnit::begin_group(std::uint32_t elements, std::uint32_t output_base) {
  const auto lanes = std::min(static_cast<std::uint32_t>(config_.columns), elements - element_);
  group_.lanes = static_cast<std::uint16_t>(lanes);
  group_.output = output_base + element_;
}

/// All of it is read.
void VectorUnit::end_group() {
  static_cast<Group&>(results_.first()) = group_;
  results_.first().valid = true;
}

void VectorUnit::add_half() {
  ++output_reads_;
  if (!second_addend_) {
    begin_group(add_.elements, add_.output_base);
    for (std::uint32_t i = 0; i < group_.lanes; ++i) {
      const int element =
          outputs->read(add_.input_base + element_ + i, add_.width, add_.input_signed, stamp_);
      group_.value[i] = rescale(element, add_.input_multiplier, add_.input_shift);
    }
  } else {
    for (std::uint32_t i = 0; i < group_.lanes; ++i) {
      const int element =
          outputs->read(add_.operand_base + element_ + i, add_.width, add_.operand_signed, stamp_);
      group_.value[i] += rescale(element, add_.operand_multiplier, add_.operand_shift);
    }
    end_group();
    element_ += group_.lanes;
    if (element_ == add_.elements) state_ = State::kReporting;
  }
  second_addend_ = !second_addend_;
  EventCounts& events = profile_.layer(header_.layer).events;
  events.add(Event::kOutputBufferRead, group_.lanes);
  events.add(Event::kRequantize, group_.lanes);
}

void VectorUnit::look_up() {
  ++output_reads_;
  begin_group(lookup_.elements, lookup_.output_base);
  for (std::uint32_t i = 0; i < group_.lanes; ++i)
    group_.value[i] = outputs->read(lookup_.input_base + element_ + i, lookup_.width, true, stamp_);
  end_group();
  element_ += group_.lanes;
  if (element_ == lookup_.elements) state_ = State::kReporting;
  profile_.count(header_.layer, Event::kOutputBufferRead, group_.lanes);
}

void VectorUnit::write_results(const Group& result) {
  const bool averaged = kind_ == Kind::kPool && pool_.average;
  const auto parameter = [this](std::uint32_t entry) -> const ParameterEntry& {
    return parameters->read(entry, stamp_);
  };
  ++output_writes_;
  for (unsigned i = 0; i < result.lanes; ++i) {
    const std::uint32_t address = result.output + i;
    const std::int64_t value = result.value[i];
    switch (kind_) {
      case Kind::kPool:
        outputs->write(address, pool_.width,
                       clamp(averaged ? average(pool_, value, result.valid_taps[i], parameter) : value,
                             pool_.clip_low, pool_.clip_high),
                       stamp_);
        break;
      case Kind::kAdd:
        outputs->write(address, add_.width, clamp(value, add_.clip_low, add_.clip_high), stamp_);
        break;
      case Kind::kLookup:
        outputs->write(address, lookup_.width,
                       tables->read(lookup_.table, stamp_).at(static_cast<int>(value), lookup_.width, true),
                       stamp_);
    }
  }
  EventCounts& events = profile_.layer(header_.layer).events;
  events.add(Event::kOutputBufferWrite, result.lanes);
  if (kind_ == Kind::kLookup) events.add(Event::kLookup, result.lanes);
  if (averaged) {
    events.add(Event::kRequantize, result.lanes);
    events.add(Event::kParameterRead, pool_.single_divisor ? 1 : result.lanes);
  }
}

void VectorUnit::report() {
  if (!results_.empty()) return;
  if (!completions.can_push()) {
    if (completions.full()) sleep();
    return;
  }
  completions.push({fault_, header_.layer, header_.layer_end});
  state_ = State::kIdle;
}

void VectorUnit::describe(SignalList& signals) const {
  signals.add(*this, "state", state_, {"idle", "pooling", "adding", "reporting", "looking_up"});
  signals.add(*this, "image", image_, 16);
  signals.add(*this, "channel", channel_, 16);
  signals.add(*this, "pixel", pixel_);
  signals.add(*this, "tap_row", tap_row_);
  signals.add(*this, "tap_column", tap_column_);
  signals.add(*this, "element", element_);
  signals.add(*this, "second_addend", second_addend_);
  signals.add(*this, "lanes", group_.lanes, kColumnCountBits);
  for (int i = 0; i < config_.columns; ++i) {
    signals.add(*this, "lane" + std::to_string(i) + ".value", group_.value[i], 64);
  }
  signals.add(*this, "result.valid", results_.last().valid);
  signals.add(*this, "result.address", results_.last().output);
  signals.add(*this, "output_reads", output_reads_);
  signals.add(*this, "output_writes", output_writes_);
}

}  // namespace bitbalance::rtl
