// The closed form of a store that keeps the `ideal` memory busy from its first burst to its last: most stores
// of a network's blocks. Below TransferTiming, which walks the others.
#pragma once

#include <cstdint>
#include <optional>

#include "hw/isa/command/command.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/timeline/names.h"

namespace bitbalance::timeline {

struct TransferCost {
  std::int64_t cycles = 0;  ///< from the edge that pops the command to the one that pushes its completion
  std::int64_t bursts = 0;
  std::int64_t bytes = 0;  ///< of the transfer, without what aligned bursts bring besides
};

/// What a store of channels that lie apart costs; nothing if it is another one, or if the memory may have to
/// wait for it. `outstanding`: requests without an answer, at most.
std::optional<TransferCost> busy_store(const TensorSlice& slice, std::uint32_t burst_bytes,
                                       const IdealMemoryTiming& memory, int outstanding);

}  // namespace bitbalance::timeline
