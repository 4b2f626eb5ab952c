// What a DRAM channel has counted, and the figures with units that follow from it.
#pragma once

#include <cstdint>
#include <vector>

#include "tlm/dram/controller/sleep.h"
#include "tlm/memory/statistic.h"

namespace bitbalance::dram {

/// Counts of one channel, or the sum over all.
struct Counts {
  std::int64_t read_bursts = 0, write_bursts = 0;  ///< on the data bus
  std::int64_t read_bytes = 0, write_bytes = 0;    ///< of them asked for
  std::int64_t forwarded_bursts = 0;               ///< reads answered out of the write queue
  std::int64_t row_hits = 0, row_misses = 0, row_conflicts = 0;
  std::int64_t masked_bursts = 0;  ///< writes of part of a burst by a command of their own
  std::int64_t activates = 0, precharges = 0, refreshes = 0, bank_refreshes = 0;
  std::int64_t power_downs = 0, self_refreshes = 0;
  std::int64_t turn_arounds = 0;  ///< of the data bus, both ways
  Cycle busy = 0;                 ///< clocks with a burst queued
  Cycle refreshing = 0;           ///< clocks from a refresh being due to its end, times the banks that wait
  StateClocks states;
  /// Clocks, summed over reads: from the queue's entry to the end of the data.
  std::int64_t read_latency = 0;
  std::int64_t read_queue_area = 0, write_queue_area = 0;  ///< bursts x clocks
  int read_queue_peak = 0, write_queue_peak = 0;           ///< bursts

  Counts& operator+=(const Counts& other);
};

/// `elapsed`: clocks since the start.
std::vector<Statistic> statistics(const Config& config, const Counts& counts, Cycle elapsed);

}  // namespace bitbalance::dram
