// How long load and store commands take under the `ideal` memory, and the bursts they need. A transfer ends
// when its last burst is answered, so its duration depends on its shape alone, not on what was before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/isa/transfer/dma_walk.h"
#include "hw/timeline/shape_memo.h"
#include "hw/timeline/transfer/busy_store.h"

namespace bitbalance::timeline {

/// Remembers every shape it has seen. Regions are taken to begin at multiples of the largest burst.
class TransferTiming {
 public:
  TransferTiming(const AcceleratorConfig& config, const IdealMemoryTiming& memory);

  const TransferCost& load(const LoadWeights& load) { return blob(load.dram_offset, blob_bytes(load)); }
  const TransferCost& load(const LoadParameters& load) { return blob(load.dram_offset, blob_bytes(load)); }
  const TransferCost& load(const LoadTable& load) { return blob(load.dram_offset, blob_bytes(load)); }
  const TransferCost& load(const LoadTensor& load);
  const TransferCost& store(const Store& store);

 private:
  /// Bytes of the command up to a line's last, and the edge at which the line took them out of the staging
  /// buffer.
  struct Consumption {
    std::uint64_t bytes;
    Edge edge;
  };
  /// A pattern of bursts that repeats along the outermost dimension of a transfer.
  struct Period {
    std::int64_t units = 1;  ///< of that dimension
    std::int64_t bursts = 1;
    std::uint64_t bytes = 1;
    std::int64_t look_ahead = 1;  ///< units that a line or burst can begin ahead of what was requested
  };
  /// Everything that the rest of a walk depends on.
  struct Snapshot {
    ChannelTiming channel;
    std::vector<Consumption> staged;
    std::uint64_t bytes = 0;
    std::int64_t periods = 0;
    Edge requested = 0, written = 0;
  };

  const TransferCost& blob(std::uint32_t dram_offset, std::uint64_t bytes);
  Period period_of(const TensorSlice& slice, std::uint32_t line_elements) const;

  // Walks, burst by burst, of a transfer of so many units. Once the state after a period has come back, all
  // that follow are alike: they are left out.
  void begin(std::int64_t units, const Period& period);
  TransferCost walk_blob(BurstWalk bursts);
  TransferCost walk_tensor(BurstWalk bursts, LineWalk lines, std::uint32_t element_bytes);
  TransferCost walk_store(BurstWalk bursts);
  /// First edge after `after` at which a load requests a burst that makes `requested` bytes in all.
  Edge request_edge(Edge after, std::uint64_t requested, Edge room);
  void consume(std::uint64_t bytes, Edge edge) { consumed_.push_back({bytes, edge}); }
  /// After a burst: bytes up to it, edge of its request, last edge of what it let be written. Returns how
  /// many units to leave out, most often 0, and notes their cost.
  std::uint32_t repeated_units(std::uint64_t bytes, Edge requested, Edge written, ChannelTiming channel);
  bool is_snapshot_again(std::uint64_t bytes, Edge requested, Edge written,
                         const ChannelTiming& channel) const;
  std::uint64_t unit_bytes() const { return period_.bytes / static_cast<std::uint64_t>(period_.units); }

  std::uint32_t burst_bytes_;
  std::uint32_t columns_;
  std::uint64_t staging_bytes_;
  ShapeMemo<TransferCost, 3> blobs_;  ///< by alignment and size
  ShapeMemo<TransferCost, 10> tensors_;
  ShapeMemo<TransferCost, 7> stores_;

  const IdealMemoryTiming memory_;
  const DataDurations durations_;
  const ChannelTiming idle_channel_;

  // The transfer being walked. Its channel is a variable of the walk's own: the compiler keeps it in
  // registers.
  std::vector<Consumption> consumed_;
  std::size_t oldest_consumption_ = 0;  ///< first that a request may still wait for
  std::int64_t units_ = 0;              ///< 0: not to be shortened (any more)
  Period period_;
  std::int64_t periods_ = 0;  ///< walked
  Snapshot snapshot_;
  TransferCost left_out_;
};

}  // namespace bitbalance::timeline
