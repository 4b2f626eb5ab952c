#include "hw/timeline/transfer/busy_store.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "hw/isa/transfer/dma_walk.h"

namespace bitbalance::timeline {
namespace {

/// Prefix sums of the durations of a store's bursts. Their sizes repeat after `units` channels.
class BurstDurations {
 public:
  static constexpr std::int64_t kMostBursts = 512;  ///< of a period

  BurstDurations(const TensorSlice& s, std::uint32_t burst_bytes, std::int64_t cycles_a_byte)
      : cycles_a_byte_(cycles_a_byte) {
    const std::uint64_t bytes = std::uint64_t{s.rows} * s.columns * element_bytes(s.width);
    const std::uint64_t period_units =
        std::max<std::uint64_t>(1, burst_bytes / std::gcd(s.channel_pitch, burst_bytes));
    const std::uint64_t full = s.channels / period_units, rest = s.channels % period_units;
    const std::uint64_t walked = std::min<std::uint64_t>(period_units, s.channels);
    if (walked * (bytes / burst_bytes + 2) > kMostBursts) return;
    std::int64_t bursts_of_rest = 0;
    for (std::uint64_t unit = 0; unit < walked; ++unit) {
      if (unit == rest) bursts_of_rest = period_;
      std::uint64_t skip = (s.dram_offset + unit * s.channel_pitch) % burst_bytes;
      for (std::uint64_t left = bytes; left > 0; skip = 0) {
        const std::uint64_t burst = std::min<std::uint64_t>(left, burst_bytes - skip);
        left -= burst;
        ++period_;
        sums_[period_] = sums_[period_ - 1] + static_cast<std::int64_t>(burst) * cycles_a_byte_;
      }
    }
    total_ = full == 0 ? period_ : static_cast<std::int64_t>(full) * period_ + bursts_of_rest;
  }

  bool known() const { return period_ > 0; }
  std::int64_t period() const { return period_; }
  std::int64_t total() const { return total_; }
  /// Of the first `bursts`.
  std::int64_t sum(std::int64_t bursts) const {
    return bursts / period_ * sums_[period_] + sums_[bursts % period_];
  }

 private:
  std::int64_t cycles_a_byte_;
  std::int64_t period_ = 0, total_ = 0;  ///< bursts
  std::array<std::int64_t, kMostBursts + 1> sums_{};
};

}  // namespace

// Time in 1 / numerator of a cycle; s(k): durations of the first k bursts, n of them. While the memory is
// busy, burst k's data end at 2 + s(k + 1): the first burst is taken at edge 2. Its answer is at hand L + 1
// cycles later, and at least one after the answer before; it lets burst k + outstanding be taken, and bursts
// are taken one an edge at most. So burst k is taken at the latest of 2 + k and, for all q <= k - outstanding
// + 1, of s(q) + L + 4 + k - outstanding - q, and finds the memory busy if that is not later than 2 + s(k).
std::optional<TransferCost> busy_store(const TensorSlice& s, std::uint32_t burst_bytes,
                                       const IdealMemoryTiming& memory, int outstanding) {
  const std::int64_t channel_bytes = std::int64_t{s.rows} * s.columns * element_bytes(s.width);
  if (s.images != 1 || s.channels == 1 || s.row_gap != 0 || s.channel_pitch <= channel_bytes) return {};
  const BurstDurations durations(s, burst_bytes, memory.bytes_per_cycle_denominator);
  if (!durations.known()) return {};
  const std::int64_t cycle = memory.bytes_per_cycle_numerator;
  const std::int64_t period = durations.period(), total = durations.total();
  // Not by a product: a memory of latency alone has as many bytes a cycle as a number holds.
  if (durations.sum(period) / period < cycle) return {};

  // How far the data are ahead of one burst a cycle. From the third period on all is as in the one before.
  const auto ahead = [&](std::int64_t bursts) { return durations.sum(bursts) - bursts * cycle; };
  const std::int64_t answer = (memory.latency_cycles + 2 - outstanding) * cycle;
  std::int64_t most_ahead = INT64_MIN / 2;  // of the bursts whose answers burst k waits for
  for (std::int64_t k = 1; k < std::min(total, 2 * period + outstanding + 1); ++k) {
    if (k >= outstanding) most_ahead = std::max(most_ahead, ahead(k - outstanding + 1));
    if (ahead(k) < std::max<std::int64_t>(0, most_ahead + answer)) return {};
  }

  std::int64_t last_answer = 0;
  for (std::int64_t k = std::max<std::int64_t>(1, total - period + 1); k <= total; ++k)
    last_answer = std::max(last_answer, 2 + durations.sum(k) / cycle + memory.latency_cycles + 1 + total - k);
  return TransferCost{last_answer + 1, total, s.channels * channel_bytes};
}

}  // namespace bitbalance::timeline
