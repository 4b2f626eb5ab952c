// The channels of the accelerator's DRAM interface.
#pragma once

#include <cstdint>

#include "hw/isa/names.h"

namespace bitbalance::isa {

enum class MemoryChannel : std::uint8_t { kCommand, kRead, kWrite };
inline constexpr int kMemoryChannels = 3;
constexpr const char* to_string(MemoryChannel channel) {
  constexpr const char* kNames[] = {"command", "read", "write"};
  return kNames[static_cast<int>(channel)];
}

}  // namespace bitbalance::isa
