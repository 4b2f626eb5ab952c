#include "hw/timeline/transfer/transfer_timing.h"

#include <algorithm>
#include <numeric>

namespace bitbalance::timeline {
namespace {

/// Two numbers of 16 bits in one.
constexpr std::uint32_t pair(std::uint32_t low, std::uint32_t high) {
  return low | high << 16;
}

/// Size of the slice's outermost dimension that is not 1.
std::uint16_t outer_units(const TensorSlice& slice) {
  return slice.images > 1 ? slice.images : slice.channels;
}

/// Of a walk that can be shortened; 0: rows lie apart, all of it is walked.
std::int64_t units_to_shorten(const TensorSlice& slice) {
  return slice.row_gap == 0 ? outer_units(slice) : 0;
}

TransferCost operator+(const TransferCost& a, const TransferCost& b) {
  return {a.cycles + b.cycles, a.bursts + b.bursts, a.bytes + b.bytes};
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
      staging_bytes_(config.staging_bytes()),
      memory_(memory),
      durations_(memory),
      idle_channel_(memory, config.dram),
      snapshot_{idle_channel_, {}} {}

const TransferCost& TransferTiming::blob(std::uint32_t dram_offset, std::uint64_t bytes) {
  const std::uint32_t skip = dram_offset % burst_bytes_;
  return blobs_.get({skip, static_cast<std::uint32_t>(bytes), static_cast<std::uint32_t>(bytes >> 32)}, [&] {
    // Units of a burst; what is left comes last.
    begin(static_cast<std::int64_t>(bytes / burst_bytes_), {1, 1, burst_bytes_, 1});
    return walk_blob(BurstWalk(RunWalk(skip, bytes), burst_bytes_, BurstShape::kAligned));
  });
}

const TransferCost& TransferTiming::load(const LoadTensor& load) {
  const TensorSlice& s = load.slice;
  const std::uint32_t skip = s.dram_offset % burst_bytes_;
  return tensors_.get(
      {skip, s.image_pitch, s.channel_pitch, pair(s.images, s.channels), pair(s.rows, s.columns),
       pair(load.pad_top, load.pad_left), pair(load.pad_bottom, load.pad_right),
       pair(load.stride_h, load.stride_w), element_bytes(s.width), s.row_gap},
      [&] {
        const std::uint32_t bytes = element_bytes(s.width);
        const std::uint32_t line_elements = 2 * columns_ / bytes;
        begin(units_to_shorten(s), period_of(s, is_one_long_row(load) ? line_elements : 1));
        const BurstWalk bursts(RunWalk(s, skip), burst_bytes_, BurstShape::kAligned);
        return walk_tensor(bursts, LineWalk(load, line_elements), bytes);
      });
}

const TransferCost& TransferTiming::store(const Store& store) {
  const TensorSlice& s = store.slice;
  const std::uint32_t skip = s.dram_offset % burst_bytes_;
  return stores_.get(
      {skip, s.image_pitch, s.channel_pitch, pair(s.images, s.channels), pair(s.rows, s.columns),
       element_bytes(s.width), s.row_gap},
      [&] {
        if (const auto cost = busy_store(s, burst_bytes_, memory_, idle_channel_.outstanding())) return *cost;
        begin(units_to_shorten(s), period_of(s, 1));
        return walk_store(BurstWalk(RunWalk(s, skip), burst_bytes_, BurstShape::kExact));
      });
}

/// `line_elements`: of lines that go on from unit to unit; else 1.
TransferTiming::Period TransferTiming::period_of(const TensorSlice& s, std::uint32_t line_elements) const {
  const bool of_images = s.images > 1;
  const std::int64_t channel_elements = std::int64_t{s.rows} * s.columns;
  const std::int64_t channel_bytes = channel_elements * element_bytes(s.width);
  const std::int64_t unit_bytes = of_images ? s.channels * channel_bytes : channel_bytes;
  const std::int64_t pitch = of_images ? s.image_pitch : s.channel_pitch;
  Period period;
  // A period later the same bytes of a burst are at hand, and the same elements of a line.
  period.units = burst_bytes_ / std::gcd(pitch, std::int64_t{burst_bytes_});
  if (!of_images) {
    const std::int64_t elements = period.units * channel_elements;
    period.units *= line_elements / std::gcd(elements, std::int64_t{line_elements});
    period.look_ahead += ceil_div(line_elements, channel_elements);
  }
  period.bytes = static_cast<std::uint64_t>(period.units * unit_bytes);
  if (pitch == unit_bytes) {
    period.bursts = static_cast<std::int64_t>(period.bytes / burst_bytes_);
    return period;
  }
  period.bursts = 0;
  TensorSlice part = s;
  (of_images ? part.images : part.channels) =
      static_cast<std::uint16_t>(std::min<std::int64_t>(period.units, outer_units(s)));
  for (RunWalk runs(part, s.dram_offset % burst_bytes_); !runs.done(); runs.advance()) {
    const std::uint64_t skip = runs.run().address % burst_bytes_;
    period.bursts += static_cast<std::int64_t>(ceil_div(skip + runs.run().bytes, burst_bytes_));
  }
  return period;
}

void TransferTiming::begin(std::int64_t units, const Period& period) {
  consumed_.clear();
  oldest_consumption_ = 0;
  units_ = units > 3 * period.units ? units : 0;
  period_ = period;
  periods_ = 0;
  left_out_ = {};
}

std::uint32_t TransferTiming::repeated_units(std::uint64_t bytes, Edge requested, Edge written,
                                             ChannelTiming channel) {
  if (units_ == 0) return 0;
  ++periods_;
  if (periods_ > 1 && is_snapshot_again(bytes, requested, written, channel)) {
    const std::int64_t periods = periods_ - snapshot_.periods;
    const auto walked = static_cast<std::int64_t>(bytes / unit_bytes());
    // The last unit has no successor: it is walked.
    const std::int64_t times = (units_ - walked - period_.look_ahead - 1) / (periods * period_.units);
    units_ = 0;
    if (times <= 0) return 0;
    const std::int64_t left_out = times * periods;
    left_out_ = {times * (requested - snapshot_.requested), left_out * period_.bursts,
                 left_out * static_cast<std::int64_t>(period_.bytes)};
    return static_cast<std::uint32_t>(left_out * period_.units);
  }
  // Compared with one state for longer and longer (Brent's way to find a cycle).
  if ((periods_ & (periods_ - 1)) != 0) return 0;
  snapshot_.channel = channel;
  snapshot_.staged.assign(consumed_.begin() + static_cast<std::ptrdiff_t>(oldest_consumption_),
                          consumed_.end());
  snapshot_.bytes = bytes;
  snapshot_.periods = periods_;
  snapshot_.requested = requested;
  snapshot_.written = written;
  return 0;
}

bool TransferTiming::is_snapshot_again(std::uint64_t bytes, Edge requested, Edge written,
                                       const ChannelTiming& channel) const {
  const Edge cycles = requested - snapshot_.requested;
  const std::uint64_t more_bytes = bytes - snapshot_.bytes;
  const auto periods = static_cast<std::uint64_t>(periods_ - snapshot_.periods);
  if (more_bytes != periods * period_.bytes || written - snapshot_.written != cycles ||
      !channel.is_later_by(cycles, snapshot_.channel)) {
    return false;
  }
  const auto alike = [&](const Consumption& now, const Consumption& then) {
    return now.bytes - then.bytes == more_bytes && now.edge - then.edge == cycles;
  };
  return std::equal(consumed_.begin() + static_cast<std::ptrdiff_t>(oldest_consumption_), consumed_.end(),
                    snapshot_.staged.begin(), snapshot_.staged.end(), alike);
}

Edge TransferTiming::request_edge(Edge after, std::uint64_t requested, Edge room) {
  const Edge edge = std::max(after + 1, room);
  if (requested <= staging_bytes_) return edge;
  while (consumed_[oldest_consumption_].bytes < requested - staging_bytes_) ++oldest_consumption_;
  return std::max(edge, consumed_[oldest_consumption_].edge + 1);
}

// A line is what one burst brought: written at the edge after it was popped.
TransferCost TransferTiming::walk_blob(BurstWalk bursts) {
  ChannelTiming channel = idle_channel_;
  const DataDurations::Duration duration = durations_.of(burst_bytes_);
  TransferCost cost;
  std::uint64_t requested = 0;
  Edge edge = 0, written = 0;
  for (; !bursts.done(); bursts.advance()) {
    requested += bursts.burst().useful;
    edge = request_edge(edge, requested, channel.room());
    written = channel.request(edge, duration) + 1;
    consume(requested, written);
    ++cost.bursts;
    if (const std::uint32_t units = repeated_units(requested, edge, written, channel); units > 0)
      bursts.leave_out(units, unit_bytes());
  }
  cost.bytes = static_cast<std::int64_t>(requested);
  cost.cycles = written;
  return cost + left_out_;
}

TransferCost TransferTiming::walk_tensor(BurstWalk bursts, LineWalk lines, std::uint32_t element_bytes) {
  ChannelTiming channel = idle_channel_;
  const DataDurations::Duration duration = durations_.of(burst_bytes_);
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
  for (std::int64_t left = period_.bursts; !bursts.done(); bursts.advance()) {
    requested += bursts.burst().useful;
    edge = request_edge(edge, requested, channel.room());
    const Edge arrived = channel.request(edge, duration);
    ++cost.bursts;
    // Every line whose last byte this burst brings, and the lines of padding behind it.
    while (!lines.done() && needed <= requested) {
      if (lines.line().data > 0) {
        written = std::max(written, arrived);
        consume(needed, written + line_cycles);
      }
      next_line();
    }
    if (--left > 0 || units_ == 0) continue;
    left = period_.bursts;
    if (const std::uint32_t units = repeated_units(requested, edge, written, channel); units > 0) {
      bursts.leave_out(units, unit_bytes());
      lines.leave_out(units);
    }
  }
  cost.bytes = static_cast<std::int64_t>(requested);
  cost.cycles = written;
  return cost + left_out_;
}

TransferCost TransferTiming::walk_store(BurstWalk bursts) {
  ChannelTiming channel = idle_channel_;
  TransferCost cost;
  Edge edge = 0;
  for (std::int64_t left = period_.bursts; !bursts.done(); bursts.advance()) {
    const std::uint32_t bytes = bursts.burst().bytes;
    edge = std::max(edge + 1, channel.room());
    cost.cycles = channel.request(edge, durations_.of(bytes));
    cost.bytes += bytes;
    ++cost.bursts;
    if (--left > 0 || units_ == 0) continue;
    left = period_.bursts;
    if (const std::uint32_t units =
            repeated_units(static_cast<std::uint64_t>(cost.bytes), edge, cost.cycles, channel);
        units > 0) {
      bursts.leave_out(units, unit_bytes());
    }
  }
  return cost + left_out_;
}

}  // namespace bitbalance::timeline
