// One figure that a memory model reports about itself.
#pragma once

#include <cstdint>
#include <variant>

#include "tlm/memory/names.h"

namespace bitbalance::memory {

struct Statistic {
  const char* name;     ///< snake_case, with the unit where it is not a count or a share
  const char* unit;     ///< "bytes", "bursts", "1" for shares
  const char* meaning;  ///< one line
  /// A count is a whole number; a rate, a share or a mean is none, whatever its value.
  std::variant<std::int64_t, double> value;

  double number() const {
    return std::visit([](auto v) { return static_cast<double>(v); }, value);
  }
};

}  // namespace bitbalance::memory
