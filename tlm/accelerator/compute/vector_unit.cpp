#include "tlm/accelerator/compute/vector_unit.h"

#include <algorithm>

#include "hw/isa/fixed_point.h"

namespace bitbalance::tlm_level {

void VectorUnit::take(CommandBlock& block) {
  if (const Pool* command = std::get_if<Pool>(&block.command->body)) {
    pool(*command);
  } else if (const Lookup* lookup = std::get_if<Lookup>(&block.command->body)) {
    look_up(*lookup);
  } else {
    add(std::get<Add>(block.command->body));
  }
}

void VectorUnit::exchange(ElementBlock block, std::vector<std::int32_t>& values) {
  values.resize(block.count);
  block.value = values.data();
  elements->take(block);
}

void VectorUnit::pool(const Pool& command) {
  const std::uint32_t input_plane = std::uint32_t{command.input_rows} * command.input_columns;
  const std::uint32_t output_plane = std::uint32_t{command.output_rows} * command.output_columns;
  ElementBlock block;
  block.width = command.width;
  block.is_signed = command.is_signed;
  for (std::uint32_t image = 0; image < command.images; ++image) {
    for (std::uint32_t channel = 0; channel < command.channels; ++channel) {
      block.is_request = true;
      block.address = command.input_base + image * command.input_image_stride + channel * input_plane;
      block.count = input_plane;
      exchange(block, input_);
      output_.resize(output_plane);
      pool_plane(command, input_.data(), output_.data());
      block.is_request = false;
      block.address = command.output_base + image * command.output_image_stride + channel * output_plane;
      block.count = output_plane;
      exchange(block, output_);
    }
  }
}

void VectorUnit::pool_plane(const Pool& command, const std::int32_t* input, std::int32_t* output) const {
  for (int y = 0; y < command.output_rows; ++y) {
    for (int x = 0; x < command.output_columns; ++x) {
      *output++ = clamp(pool_window(command, input, y * command.stride_h, x * command.stride_w),
                        command.clip_low, command.clip_high);
    }
  }
}

/// The window whose first element stands at `row`, `column` of the padded input, before saturation.
std::int64_t VectorUnit::pool_window(const Pool& command, const std::int32_t* input, int row,
                                     int column) const {
  const auto columns = static_cast<std::size_t>(command.input_columns);
  if (!command.average) {
    std::int32_t largest = INT32_MIN;
    for (int r = row; r < row + command.kernel_h; ++r) {
      const std::int32_t* const line = input + static_cast<std::size_t>(r) * columns + column;
      largest = std::max(largest, *std::max_element(line, line + command.kernel_w));
    }
    return largest;
  }
  std::int64_t sum = 0;
  std::size_t taps = 0;
  for (int r = row; r < row + command.kernel_h; ++r) {
    for (int c = column; c < column + command.kernel_w; ++c) {
      const bool valid = r >= command.valid_row_begin && r < command.valid_row_end &&
                         c >= command.valid_column_begin && c < command.valid_column_end;
      taps += static_cast<std::size_t>(valid);
      if (valid || command.single_divisor)
        sum += input[static_cast<std::size_t>(r) * columns + static_cast<std::size_t>(c)];
    }
  }
  if (command.single_divisor) taps = 1;
  if (taps == 0) return 0;  // a window that lies in the padding altogether
  const ParameterEntry& reciprocal = *parameters->from(command.parameter_base + taps - 1);
  return rescale(sum, reciprocal.multiplier, reciprocal.shift);
}

void VectorUnit::add(const Add& command) {
  ElementBlock block;
  block.is_request = true;
  block.width = command.width;
  block.count = command.elements;
  block.is_signed = command.input_signed;
  block.address = command.input_base;
  exchange(block, input_);
  block.is_signed = command.operand_signed;
  block.address = command.operand_base;
  exchange(block, output_);
  for (std::size_t i = 0; i < command.elements; ++i) {
    const std::int64_t sum = rescale(input_[i], command.input_multiplier, command.input_shift) +
                             rescale(output_[i], command.operand_multiplier, command.operand_shift);
    output_[i] = clamp(sum, command.clip_low, command.clip_high);
  }
  block.is_request = false;
  block.address = command.output_base;
  exchange(block, output_);
}

void VectorUnit::look_up(const Lookup& command) {
  ElementBlock block;
  block.is_request = true;
  block.width = command.width;
  block.is_signed = true;
  block.count = command.elements;
  block.address = command.input_base;
  exchange(block, output_);
  const LookupTable& table = tables->read(command.table);
  for (std::int32_t& value : output_) value = table.at(value, command.width, true);
  block.is_request = false;
  block.address = command.output_base;
  exchange(block, output_);
}

}  // namespace bitbalance::tlm_level
