// What crosses the DRAM interface, by kind of tensor: each byte is counted in one of these events.
#pragma once

#include <array>

#include "hw/isa/account/events.h"

namespace bitbalance::isa {

struct DramKind {
  const char* name;
  Event event;  ///< bytes
};
inline constexpr std::array<DramKind, 7> kDramKinds = {{{"command", Event::kDramReadCommand},
                                                        {"weight", Event::kDramReadWeight},
                                                        {"parameter", Event::kDramReadParameter},
                                                        {"activation", Event::kDramReadActivation},
                                                        {"operand", Event::kDramReadOperand},
                                                        {"unused", Event::kDramReadUnused},
                                                        {"output", Event::kDramWrite}}};

/// Read and written.
inline std::int64_t dram_bytes(const EventCounts& events) {
  std::int64_t bytes = 0;
  for (const DramKind& kind : kDramKinds) bytes += events[kind.event];
  return bytes;
}

}  // namespace bitbalance::isa
