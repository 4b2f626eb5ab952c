#include "tlm/accelerator/compute/vector_unit.h"

#include <algorithm>

#include "hw/isa/fixed_point.h"
#include "hw/isa/pooling.h"

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
  std::uint16_t valid_taps = 0;
  for (int r = row; r < row + command.kernel_h; ++r) {
    for (int c = column; c < column + command.kernel_w; ++c) {
      const std::int32_t element = input[static_cast<std::size_t>(r) * columns + static_cast<std::size_t>(c)];
      add_tap(command, static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(c), element, sum,
              valid_taps);
    }
  }
  return average(command, sum, valid_taps,
                 [this](std::uint32_t entry) -> const ParameterEntry& { return *parameters->from(entry); });
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
