#include "hw/compiler/blocks/layer_estimate.h"

#include <algorithm>
#include <utility>

namespace bitbalance::compiler {
namespace {

/// Of the memory that blocks are cut for, whatever the accelerator's: a mapping depends on no burst size.
constexpr int kPlannedBurstBytes = 64;

/// The blocks of one dimension: `full` ones of a size, and a rest unless it is 0.
struct Parts {
  Parts(int total, int size) : full(total / size), rest(total % size) {}
  int full, rest;
};

/// Of one row, by all blocks.
struct LoadedRow {
  std::int64_t pixels = 0, bursts = 0;
};

LoadedRow loaded_row(const Convolution& c, const LayerMapping& m) {
  LoadedRow loaded;
  const int end = c.cuts_width(m) ? c.columns_to_cut() : c.out_columns;
  for (int column = 0; column < end; column += m.columns) {
    const int columns = std::min(m.columns, end - column);
    const int size = input_columns(c.layer->window, c.in_columns, c.out_columns, column, columns).size;
    loaded.pixels += size;
    loaded.bursts += ceil_div(size * c.element_bytes(), kPlannedBurstBytes);
  }
  return loaded;
}

/// Of one dimension, those that the smallest blocks load, of `unit` outputs each. Larger ones load as well
/// what lies between windows that do not touch, and full-width rows what lies after the last window.
template <class SpanAt>
std::int64_t inputs_needed(int outputs, int unit, const SpanAt& span_at) {
  int needed = 0, end = 0;
  for (int first = 0; first < outputs; first += unit) {
    const InputSpan in = span_at(first);
    needed += std::max(0, in.first + in.size - std::max(in.first, end));
    end = std::max(end, in.first + in.size);
  }
  return needed;
}

BlockDemand demand_of(const Convolution& c, const LayerMapping& m, const SpatialCut& space) {
  const Estimate e = estimate(c, m, space, block_needs(c, m));
  return {space.tiles, e.blocks * e.chunks, e.loads, e.blocks, e.read_bytes, e.write_bytes};
}

}  // namespace

SpatialCut cut_space(const Convolution& c, const LayerMapping& m) {
  SpatialCut cut;
  const Parts images(c.batch, m.images);
  const Parts columns(c.cuts_width(m) ? c.columns_to_cut() : c.out_columns, m.columns);
  std::int64_t loaded_rows = 0;
  for (int row = 0; row < c.out_rows; row += m.rows) {
    const int rows = std::min(m.rows, c.out_rows - row);
    for (const auto& [count, width] : {std::pair{columns.full, m.columns}, std::pair{1, columns.rest}}) {
      if (width == 0) continue;
      cut.tiles += std::int64_t{count} * images.full * tiles_of(c, m.images, rows, width);
      if (images.rest != 0) cut.tiles += count * tiles_of(c, images.rest, rows, width);
    }
    loaded_rows += input_rows(c.layer->window, c.in_rows, row, rows).size;
  }
  const LoadedRow row = loaded_row(c, m);
  cut.loaded_pixels = loaded_rows * row.pixels;
  if (c.cuts_width(m)) cut.loaded_bursts = loaded_rows * row.bursts;
  return cut;
}

Estimate estimate(const Convolution& c, const LayerMapping& m, const SpatialCut& space,
                  const BlockNeeds& needs) {
  const AcceleratorConfig& config = *c.config;
  const std::int64_t group_blocks = c.group_blocks(m), channel_blocks = c.channel_blocks(m);
  const std::int64_t spatial_blocks = c.spatial_blocks(m);
  Estimate e;
  e.chunks = c.chunks(m);
  e.blocks = group_blocks * channel_blocks * spatial_blocks;

  const std::int64_t row_groups = c.groups * ceil_div(c.out_channels, config.rows);
  const std::int64_t steps = std::int64_t{c.in_channels} * c.kernel_area();
  const std::int64_t drain =
      std::int64_t{std::min(config.rows, c.out_channels)} * (c.width == Width::k16 ? 1 : 2);
  const int slots = rule_of(config.synchronization).most_slots(c.layer->nnzb);
  e.compute_cycles =
      static_cast<double>(space.tiles * row_groups) * static_cast<double>(std::max(steps * slots, drain));

  const std::int64_t activation_bytes =
      space.loaded_pixels * c.in_channels * c.groups * c.batch * c.element_bytes();
  const std::int64_t weight_bytes = c.groups * std::int64_t{c.out_channels} * c.row_stream.bytes(steps);
  const bool reload_activations =
      channel_blocks > 1 && ((m.order == LoopOrder::kWeightsOuter && spatial_blocks > 1) ||
                             (e.chunks > 1 && !activations_resident(c, m)));
  const bool reload_weights =
      spatial_blocks > 1 && ((m.order == LoopOrder::kActivationsOuter && channel_blocks > 1) || e.chunks > 1);
  e.write_bytes = std::int64_t{c.batch} * c.groups * c.out_channels * (c.out_rows / c.pool_h) *
                  (c.out_columns / c.pool_w) * c.element_bytes();
  e.weight_bytes = weight_bytes * (reload_weights ? spatial_blocks : 1);
  e.read_bytes = activation_bytes * (reload_activations ? channel_blocks : 1) + e.weight_bytes +
                 (c.operand ? e.write_bytes : 0);
  if (c.cuts_width(m)) {
    const std::int64_t fetched =
        space.loaded_bursts * c.in_channels * c.groups * c.batch * kPlannedBurstBytes;
    e.fetched_bytes = e.read_bytes + (fetched - activation_bytes) * (reload_activations ? channel_blocks : 1);
  }
  const std::int64_t row_group_blocks = group_blocks * channel_blocks;
  const std::int64_t activation_chunks = activations_resident(c, m) ? 1 : e.chunks;
  e.loads = row_group_blocks +  // of parameters
            row_group_blocks * e.chunks * (reload_weights ? spatial_blocks : 1) +
            group_blocks * spatial_blocks * activation_chunks * (reload_activations ? channel_blocks : 1) +
            (c.operand ? e.blocks : 0);

  e.weight_blocks = row_group_blocks * e.chunks;
  e.set_overlaps(c, needs);
  return e;
}

void Estimate::set_overlaps(const Convolution& c, const BlockNeeds& needs) {
  const AcceleratorConfig& config = *c.config;
  // Loads hide behind compute only where two blocks fit side by side.
  overlaps = blocks == 1 || (2 * needs.activation_elements <= config.activation_elements(c.width) &&
                             2 * needs.output_elements <= config.output_elements(c.width));
  // The same of weights: where the next ones have no room, all engines wait for them.
  weights_overlap = weight_blocks == 1 || 2 * needs.weight_bank_bytes <= config.weight_bank_bytes;
}

Cost Estimate::cost_of_cut_width(double bytes_per_cycle) const {
  constexpr double kTransferCycles = 60;  // of a command beside its bytes: mostly the memory's latency
  const double read_cycles =
      static_cast<double>(fetched_bytes) / bytes_per_cycle + kTransferCycles * static_cast<double>(loads);
  const double write_cycles =
      static_cast<double>(write_bytes) / bytes_per_cycle + kTransferCycles * static_cast<double>(blocks);
  return {overlaps ? std::max({compute_cycles, read_cycles, write_cycles})
                   : compute_cycles + read_cycles + write_cycles,
          fetched_bytes + write_bytes};
}

Cost Estimate::cost(double bytes_per_cycle) const {
  if (fetched_bytes != 0) return cost_of_cut_width(bytes_per_cycle);
  const double weight_cycles = static_cast<double>(weight_bytes) / bytes_per_cycle;
  const double read_cycles = static_cast<double>(read_bytes) / bytes_per_cycle;
  const double write_cycles = static_cast<double>(write_bytes) / bytes_per_cycle;
  const double first_load = read_cycles / static_cast<double>(blocks);
  constexpr double kCommandOverheadCycles =
      150;  // a block's loads, compute and store each wait for memory and flags once
  return {(overlaps ? std::max({compute_cycles, read_cycles, write_cycles}) + first_load
                    : compute_cycles + read_cycles + write_cycles) +
              (overlaps && !weights_overlap ? weight_cycles : 0) +
              kCommandOverheadCycles * static_cast<double>(blocks * chunks),
          read_bytes + write_bytes};
}

LeastTime least_time(const LayerDemand& demand, const IdealMemoryTiming& memory) {
  const auto cycles = [&](std::int64_t bytes) {
    return static_cast<std::int64_t>(static_cast<double>(bytes) *
                                     static_cast<double>(memory.bytes_per_cycle_denominator) /
                                     static_cast<double>(memory.bytes_per_cycle_numerator));
  };
  // A transfer ends one latency after its last byte, and the next one of its engine begins after that.
  return {demand.compute_cycles, cycles(demand.read_bytes) + demand.loads * memory.latency_cycles,
          cycles(demand.write_bytes) + demand.stores * memory.latency_cycles};
}

BlockDemand demand_of(const Convolution& c, const LayerMapping& m) {
  return demand_of(c, m, cut_space(c, m));
}

BlockDemand least_demand_of(const Convolution& c) {
  const Window& w = c.layer->window;
  LayerMapping whole;
  whole.images = c.batch;
  whole.rows = c.out_rows;
  whole.columns = c.columns_to_cut();
  whole.conv_groups = c.groups;
  whole.output_channels = c.out_channels;
  whole.channels = c.in_channels;
  SpatialCut space = cut_space(c, whole);
  const std::int64_t rows =
      inputs_needed(c.out_rows, c.pool_h, [&](int row) { return input_rows(w, c.in_rows, row, c.pool_h); });
  const std::int64_t columns = inputs_needed(c.columns_to_cut(), c.pool_w, [&](int column) {
    return input_columns(w, c.in_columns, c.out_columns, column, c.pool_w);
  });
  space.loaded_pixels = rows * columns;
  return demand_of(c, whole, space);
}

}  // namespace bitbalance::compiler
