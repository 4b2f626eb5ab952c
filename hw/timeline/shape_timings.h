// What was found out about shapes of transfers and blocks on machines that were evaluated before. Kept by
// whoever evaluates many machines: most of what a shape's timing depends on is alike in them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "hw/timeline/compute/compute_timeline.h"
#include "hw/timeline/names.h"
#include "hw/timeline/recent_memo.h"
#include "hw/timeline/transfer/transfer_timing.h"

namespace bitbalance::timeline {

/// Not for several threads at the same time.
class ShapeTimings {
 public:
  std::shared_ptr<TransferTiming> transfers(const AcceleratorConfig& config,
                                            const IdealMemoryTiming& memory) {
    const DramInterfaceConfig& dram = config.dram;
    return transfers_.get(
        {config.columns, dram.burst_bytes, dram.max_outstanding, std::int64_t{dram.use_nb_transport},
         memory.latency_cycles, memory.bytes_per_cycle_numerator, memory.bytes_per_cycle_denominator},
        [&] { return std::make_shared<TransferTiming>(config, memory); });
  }

  std::shared_ptr<TileShapes> tiles(const AcceleratorConfig& config) {
    return tiles_.get({config.columns, static_cast<std::int64_t>(config.column_mapping)},
                      [&] { return std::make_shared<TileShapes>(config); });
  }

 private:
  static constexpr std::size_t kMachines = 64;

  RecentMemo<std::array<std::int64_t, 7>, TransferTiming> transfers_{kMachines};
  RecentMemo<std::array<std::int64_t, 2>, TileShapes> tiles_{kMachines};
};

}  // namespace bitbalance::timeline
