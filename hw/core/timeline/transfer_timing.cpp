#include "hw/core/timeline/transfer_timing.h"

#include <algorithm>
#include <numeric>

namespace bitbalance {
namespace {

/// Two numbers of 16 bits in one.
constexpr std::uint32_t pair(std::uint32_t low, std::uint32_t high) {
  return low | high << 16;
}

/// Size of the slice's outermost dimension that is not 1.
std::uint16_t& outer_units(TensorSlice& slice) {
  return slice.images > 1 ? slice.images : slice.channels;
}
std::uint16_t outer_units(const TensorSlice& slice) {
  return slice.images > 1 ? slice.images : slice.channels;
}

/// Whether the lines of an image go on from channel to channel (LineWalk).
bool is_one_long_row(const LoadTensor& load) {
  return load.padded_rows() == load.slice.rows && load.padded_columns() == load.slice.columns &&
         load.stride_h == 1 && load.stride_w == 1;
}

}  // namespace

TransferTiming::TransferTiming(const AcceleratorConfig& config, const IdealMemoryTiming& memory)
    : burst_bytes_(static_cast<std::uint32_t>(config.dram.burst_bytes)),
      columns_(static_cast<std::uint32_t>(config.columns)),
      staging_bytes_(static_cast<std::uint64_t>(config.dram.max_outstanding) * burst_bytes_ + 2 * columns_),
      channel_(memory, config.dram),
      snapshot_{channel_, {}} {}

const TransferCost& TransferTiming::load(const LoadWeights& load) {
  return blob(weights_, load.dram_offset, blob_bytes(load));
}

const TransferCost& TransferTiming::load(const LoadParameters& load) {
  return blob(parameters_, load.dram_offset,
              std::uint64_t{load.entries} * AcceleratorConfig::kParameterBytes);
}

const TransferCost& TransferTiming::blob(BlobMemo& memo, std::uint32_t dram_offset, std::uint64_t bytes) {
  const std::uint32_t skip = dram_offset % burst_bytes_;
  return memo.get({skip, static_cast<std::uint32_t>(bytes), static_cast<std::uint32_t>(bytes >> 32)}, [&] {
    // Units of a burst and what is left.
    const std::uint64_t units = bytes / burst_bytes_, rest = bytes % burst_bytes_;
    return shortened(static_cast<std::int64_t>(units), {1, 1, burst_bytes_}, [&](std::int64_t count) {
      const RunWalk runs(skip, static_cast<std::uint64_t>(count) * burst_bytes_ + rest);
      return walk_blob(BurstWalk(runs, burst_bytes_, BurstShape::kAligned));
    });
  });
}

const TransferCost& TransferTiming::load(const LoadTensor& load) {
  const TensorSlice& s = load.slice;
  const std::uint32_t skip = s.dram_offset % burst_bytes_;
  return tensors_.get(
      {skip, s.image_pitch, s.channel_pitch, pair(s.images, s.channels), pair(s.rows, s.columns),
       pair(load.pad_top, load.pad_left), pair(load.pad_bottom, load.pad_right),
       pair(load.stride_h, load.stride_w), s.wide},
      [&] {
        const std::uint32_t bytes = element_bytes(s.wide);
        const std::uint32_t line_elements = 2 * columns_ / bytes;
        LoadTensor part = load;
        return shortened(
            outer_units(s), period_of(s, BurstShape::kAligned, is_one_long_row(load) ? line_elements : 1),
            [&](std::int64_t units) {
              outer_units(part.slice) = static_cast<std::uint16_t>(units);
              const BurstWalk bursts(RunWalk(part.slice, skip), burst_bytes_, BurstShape::kAligned);
              return walk_tensor(bursts, LineWalk(part, line_elements), bytes);
            });
      });
}

const TransferCost& TransferTiming::store(const Store& store) {
  const TensorSlice& s = store.slice;
  const std::uint32_t skip = s.dram_offset % burst_bytes_;
  return stores_.get(
      {skip, s.image_pitch, s.channel_pitch, pair(s.images, s.channels), pair(s.rows, s.columns), s.wide},
      [&] {
        TensorSlice part = s;
        return shortened(outer_units(s), period_of(s, BurstShape::kExact, 1), [&](std::int64_t units) {
          outer_units(part) = static_cast<std::uint16_t>(units);
          return walk_store(BurstWalk(RunWalk(part, skip), burst_bytes_, BurstShape::kExact));
        });
      });
}

/// `line_elements`: of lines that go on from unit to unit; else 1.
TransferTiming::Period TransferTiming::period_of(const TensorSlice& s, BurstShape shape,
                                                 std::uint32_t line_elements) const {
  const bool of_images = s.images > 1;
  const std::int64_t channel_bytes = std::int64_t{s.rows} * s.columns * element_bytes(s.wide);
  const std::int64_t unit_bytes = of_images ? s.channels * channel_bytes : channel_bytes;
  const std::int64_t pitch = of_images ? s.image_pitch : s.channel_pitch;
  Period period;
  // A period later the same bytes of a burst are at hand, and the same elements of a line.
  period.units = burst_bytes_ / std::gcd(pitch, std::int64_t{burst_bytes_});
  if (!of_images) {
    const std::int64_t elements = period.units * s.rows * s.columns;
    period.units *= line_elements / std::gcd(elements, std::int64_t{line_elements});
  }
  period.bytes = static_cast<std::uint64_t>(period.units * unit_bytes);
  if (pitch == unit_bytes) {
    period.bursts = static_cast<std::int64_t>(period.bytes / burst_bytes_);
    return period;
  }
  period.bursts = 0;
  TensorSlice part = s;
  outer_units(part) = static_cast<std::uint16_t>(std::min<std::int64_t>(period.units, outer_units(s)));
  const RunWalk runs(part, s.dram_offset % burst_bytes_);
  for (BurstWalk bursts(runs, burst_bytes_, shape); !bursts.done(); bursts.advance()) ++period.bursts;
  return period;
}

template <class Walk>
TransferCost TransferTiming::shortened(std::int64_t units, const Period& period, const Walk& walk) {
  period_ = period;
  repeat_ = {};
  watching_ = units > 3 * period.units;
  TransferCost cost = walk(units);
  watching_ = false;
  if (repeat_.periods == 0) return cost;
  // Keep what was walked, and a unit more: the last one has no successor.
  const std::int64_t unit_bytes = static_cast<std::int64_t>(period.bytes) / period.units;
  const std::int64_t walked = cost.bytes / unit_bytes + 2;
  const std::int64_t times = std::max<std::int64_t>(0, (units - walked) / (repeat_.periods * period.units));
  const std::int64_t periods = times * repeat_.periods;
  cost = walk(units - periods * period.units);
  cost.cycles += times * repeat_.cycles;
  cost.bursts += periods * period.bursts;
  cost.bytes += periods * static_cast<std::int64_t>(period.bytes);
  return cost;
}

void TransferTiming::begin() {
  channel_.forget();
  consumed_.clear();
  oldest_consumption_ = 0;
  bursts_ = snapshots_ = 0;
}

bool TransferTiming::repeats(std::uint64_t bytes, Edge requested, Edge written) {
  ++bursts_;
  if (!watching_ || bursts_ % period_.bursts != 0) return false;
  ++snapshots_;
  if (snapshots_ > 1 && is_snapshot_again(bytes, requested, written)) return true;
  // Compared with one state for longer and longer (Brent's way to find a cycle).
  if ((snapshots_ & (snapshots_ - 1)) != 0) return false;
  snapshot_.channel = channel_;
  snapshot_.staged.assign(consumed_.begin() + static_cast<std::ptrdiff_t>(oldest_consumption_),
                          consumed_.end());
  snapshot_.bytes = bytes;
  snapshot_.bursts = bursts_;
  snapshot_.requested = requested;
  snapshot_.written = written;
  return false;
}

bool TransferTiming::is_snapshot_again(std::uint64_t bytes, Edge requested, Edge written) {
  const Edge cycles = requested - snapshot_.requested;
  const std::uint64_t more_bytes = bytes - snapshot_.bytes;
  const std::int64_t periods = (bursts_ - snapshot_.bursts) / period_.bursts;
  if (more_bytes != static_cast<std::uint64_t>(periods) * period_.bytes ||
      written - snapshot_.written != cycles || !channel_.is_later_by(cycles, snapshot_.channel)) {
    return false;
  }
  const auto alike = [&](const Consumption& now, const Consumption& then) {
    return now.bytes - then.bytes == more_bytes && now.edge - then.edge == cycles;
  };
  if (!std::equal(consumed_.begin() + static_cast<std::ptrdiff_t>(oldest_consumption_), consumed_.end(),
                  snapshot_.staged.begin(), snapshot_.staged.end(), alike)) {
    return false;
  }
  repeat_ = {periods, cycles};
  return true;
}

Edge TransferTiming::request_edge(Edge after, std::uint64_t requested) {
  Edge edge = std::max(after + 1, channel_.room());
  if (requested <= staging_bytes_) return edge;
  while (consumed_[oldest_consumption_].bytes < requested - staging_bytes_) ++oldest_consumption_;
  return std::max(edge, consumed_[oldest_consumption_].edge + 1);
}

// A line is what one burst brought: written at the edge after it was popped.
TransferCost TransferTiming::walk_blob(BurstWalk bursts) {
  begin();
  TransferCost cost;
  std::uint64_t requested = 0;
  Edge edge = 0, written = 0;
  for (; !bursts.done(); bursts.advance()) {
    requested += bursts.burst().useful;
    edge = request_edge(edge, requested);
    written = channel_.request(edge, burst_bytes_) + 1;
    consume(requested, written);
    ++cost.bursts;
    if (repeats(requested, edge, written)) break;
  }
  cost.bytes = static_cast<std::int64_t>(requested);
  cost.cycles = written;
  return cost;
}

TransferCost TransferTiming::walk_tensor(BurstWalk bursts, LineWalk lines, std::uint32_t element_bytes) {
  begin();
  TransferCost cost;
  const Edge line_cycles = lines.phases();
  std::uint64_t requested = 0, needed = 0;  // needed: bytes up to the end of the current line
  Edge edge = 0, written = 0;
  needed = std::uint64_t{lines.line().data} * element_bytes;
  const auto next_line = [&] {
    written += line_cycles;
    lines.advance();
    if (!lines.done()) needed += std::uint64_t{lines.line().data} * element_bytes;
  };
  while (!lines.done() && needed == 0) next_line();
  for (; !bursts.done(); bursts.advance()) {
    requested += bursts.burst().useful;
    edge = request_edge(edge, requested);
    const Edge arrived = channel_.request(edge, burst_bytes_);
    ++cost.bursts;
    // Every line whose last byte this burst brings, and the lines of padding behind it.
    while (!lines.done() && needed <= requested) {
      if (lines.line().data > 0) {
        written = std::max(written, arrived);
        consume(needed, written + line_cycles);
      }
      next_line();
    }
    if (repeats(requested, edge, written)) break;
  }
  cost.bytes = static_cast<std::int64_t>(requested);
  cost.cycles = written;
  return cost;
}

TransferCost TransferTiming::walk_store(BurstWalk bursts) {
  begin();
  TransferCost cost;
  Edge edge = 0;
  for (; !bursts.done(); bursts.advance()) {
    const std::uint32_t bytes = bursts.burst().bytes;
    edge = std::max(edge + 1, channel_.room());
    cost.cycles = channel_.request(edge, bytes);
    cost.bytes += bytes;
    ++cost.bursts;
    if (repeats(static_cast<std::uint64_t>(cost.bytes), edge, cost.cycles)) break;
  }
  return cost;
}

}  // namespace bitbalance
