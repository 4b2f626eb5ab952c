#include "hw/timeline/command_events.h"

#include "base/bits.h"
#include "hw/isa/lookup_table.h"
#include "hw/isa/transfer/dma_walk.h"
#include "hw/isa/weight/row_stream.h"

namespace bitbalance::timeline {
namespace {

void count_read(Event bytes_event, const TransferCost& cost, int burst_bytes, EventCounts& events) {
  events.add(bytes_event, cost.bytes);
  events.add(Event::kDramReadUnused, cost.bursts * burst_bytes - cost.bytes);
  events.add(Event::kDramReadBurst, cost.bursts);
}

std::int64_t padded_elements(const LoadTensor& load) {
  return std::int64_t{load.slice.images} * load.slice.channels * load.padded_rows() * load.padded_columns();
}

/// What leaves the array: post-processing and its traffic with the output buffer.
void count_results(const Compute& c, const PixelTiles& tiles, EventCounts& events) {
  const std::int64_t channels = std::int64_t{c.conv_groups} * c.output_channels;
  const std::int64_t windows = c.images * c.result_plane() * channels;
  const std::int64_t written =
      windows * c.pool_h * c.pool_w;  // the rest is what fused pooling's floor leaves out
  const bool pooled = c.pool_h > 1 || c.pool_w > 1;
  const std::int64_t operands = c.operand ? written : 0;
  events.add(Event::kDrain, tiles.pixels * channels);
  events.add(Event::kParameterRead, tiles.beats_a_row * channels);
  events.add(Event::kRequantize, tiles.pixels * channels + operands);
  events.add(Event::kOutputBufferRead, operands + (pooled ? written - windows : 0));
  events.add(Event::kOutputBufferWrite, written);
  if (c.lookup) events.add(Event::kLookup, written);
  if (pooled) events.add(Event::kPoolElement, written);
}

}  // namespace

void count_events(const LoadWeights& /*load*/, const TransferCost& cost, int burst_bytes,
                  EventCounts& events) {
  count_read(Event::kDramReadWeight, cost, burst_bytes, events);
  events.add(Event::kWeightBufferWrite, cost.bytes / RowStream::kWordBytes);
}

void count_events(const LoadParameters& load, const TransferCost& cost, int burst_bytes,
                  EventCounts& events) {
  count_read(Event::kDramReadParameter, cost, burst_bytes, events);
  events.add(Event::kParameterWrite, load.entries);
}

void count_events(const LoadTable& load, const TransferCost& cost, int burst_bytes, EventCounts& events) {
  count_read(Event::kDramReadParameter, cost, burst_bytes, events);
  events.add(Event::kTableWrite, table_entries(load.width));
}

void count_events(const LoadActivations& load, const TransferCost& cost, int burst_bytes,
                  EventCounts& events) {
  count_read(Event::kDramReadActivation, cost, burst_bytes, events);
  events.add(Event::kActivationBufferWrite, padded_elements(load));
}

void count_events(const LoadOutputs& load, const TransferCost& cost, int burst_bytes, EventCounts& events) {
  count_read(Event::kDramReadOperand, cost, burst_bytes, events);
  events.add(Event::kOutputBufferWrite, padded_elements(load));
}

void count_events(const Compute& c, const PixelTiles& tiles, const RowGroupSteps* groups,
                  const AcceleratorConfig& config, EventCounts& events) {
  const std::int64_t steps = c.steps();
  const std::int64_t words = RowStream(c.weight_bits, c.nnzb, config).words(steps);
  const auto pixel_tiles = static_cast<std::int64_t>(tiles.tiles.size());
  const int row_groups = c.row_groups(config.rows);
  const std::int64_t groups_in_all = c.row_groups_in_all(config.rows);
  const std::int64_t channels = std::int64_t{c.conv_groups} * c.output_channels;
  std::int64_t tokens = 0, places = 0;
  for (int g = 0; g < groups_in_all; ++g) {
    const int rows = c.rows_of_group(g % row_groups, config.rows);
    tokens += groups[g].tokens();
    places += groups[g].slots() * rows;
  }
  events.add(Event::kShiftAdd, tokens * tiles.pixels);
  events.add(Event::kNullSlot, (places - tokens) * tiles.pixels);
  events.add(Event::kWeightEncode, channels * steps * pixel_tiles);
  events.add(Event::kWeightBufferRead, channels * words * pixel_tiles);
  events.add(Event::kActivationBufferRead, tiles.pixels * steps * groups_in_all);
  if (c.last_chunk) count_results(c, tiles, events);
}

void count_events(const Pool& pool, const AcceleratorConfig& config, EventCounts& events) {
  const std::int64_t planes = std::int64_t{pool.images} * pool.channels;
  const std::int64_t plane_outputs = std::int64_t{pool.output_rows} * pool.output_columns;
  const std::int64_t outputs = planes * plane_outputs;
  const std::int64_t taps = outputs * pool.kernel_h * pool.kernel_w;
  events.add(Event::kOutputBufferRead, taps);
  events.add(Event::kPoolElement, taps);
  events.add(Event::kOutputBufferWrite, outputs);
  if (!pool.average) return;
  events.add(Event::kRequantize, outputs);
  events.add(Event::kParameterRead,
             pool.single_divisor ? planes * ceil_div(plane_outputs, config.columns) : outputs);
}

void count_events(const Add& add, const AcceleratorConfig& /*config*/, EventCounts& events) {
  events.add(Event::kOutputBufferRead, 2 * std::int64_t{add.elements});
  events.add(Event::kRequantize, 2 * std::int64_t{add.elements});
  events.add(Event::kOutputBufferWrite, add.elements);
}

void count_events(const Lookup& lookup, const AcceleratorConfig& /*config*/, EventCounts& events) {
  events.add(Event::kOutputBufferRead, lookup.elements);
  events.add(Event::kLookup, lookup.elements);
  events.add(Event::kOutputBufferWrite, lookup.elements);
}

void count_events(const Store& store, const TransferCost& cost, EventCounts& events) {
  events.add(Event::kOutputBufferRead, cost.bytes / element_bytes(store.slice.width));
  events.add(Event::kDramWrite, cost.bytes);
  events.add(Event::kDramWriteBurst, cost.bursts);
}

}  // namespace bitbalance::timeline
