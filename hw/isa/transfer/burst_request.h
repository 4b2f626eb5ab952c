// What passes between the units that move data and the memory port, at every level that has bursts.
#pragma once

#include <cstdint>

#include "hw/isa/names.h"

namespace bitbalance::isa {

struct BurstRequest {
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
  const std::uint8_t* data = nullptr;  ///< of a write; none at a level without data
};

struct BurstAnswer {
  bool error = false;
  const std::uint8_t* data = nullptr;  ///< of a read, valid during the call; none at a level without data
};

}  // namespace bitbalance::isa
