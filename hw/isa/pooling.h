// The rule of a window of a Pool command: what counts, and what its sum becomes. Every level of detail
// computes with these functions.
#pragma once

#include <cstdint>

#include "hw/isa/command/command.h"
#include "hw/isa/command/parameter_entry.h"
#include "hw/isa/fixed_point.h"

namespace bitbalance::isa {

/// Takes the element at `row`, `column` of the padded input into a window's sum. Padding counts only where
/// all windows have one divisor.
inline void add_tap(const Pool& pool, std::uint32_t row, std::uint32_t column, int element, std::int64_t& sum,
                    std::uint16_t& valid_taps) {
  const bool valid = row >= pool.valid_row_begin && row < pool.valid_row_end &&
                     column >= pool.valid_column_begin && column < pool.valid_column_end;
  if (valid || pool.single_divisor) sum += element;
  valid_taps = static_cast<std::uint16_t>(valid_taps + valid);
}

/// The average before saturation. `parameter`: gives the entry of a number.
template <class Parameter>
std::int64_t average(const Pool& pool, std::int64_t sum, std::uint32_t valid_taps,
                     const Parameter& parameter) {
  const std::uint32_t divisor = pool.single_divisor ? 1 : valid_taps;
  if (divisor == 0) return 0;  // a window that lies in the padding altogether
  const ParameterEntry& reciprocal = parameter(pool.parameter_base + divisor - 1);
  return rescale(sum, reciprocal.multiplier, reciprocal.shift);
}

}  // namespace bitbalance::isa
