// Where a program lies in memory: what the driver writes to the base registers.
#pragma once

#include <cstdint>

#include "testbench/run/names.h"

namespace bitbalance::runner {

struct ProgramRegions {
  std::uint64_t constants_base = 0;
  std::uint32_t constants_bytes = 0;
  std::uint64_t data_base = 0;
  std::uint32_t data_bytes = 0;
};

}  // namespace bitbalance::runner
