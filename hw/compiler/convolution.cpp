#include "hw/compiler/convolution.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "base/bits.h"
#include "base/text/config_error.h"
#include "hw/isa/tiles.h"

namespace bitbalance::compiler {
namespace {

struct Cost {
  double cycles = 0;  ///< the longest of compute, read and write, plus the first block's load
  std::int64_t dram_bytes = 0;
  bool operator<(const Cost& o) const {
    return cycles != o.cycles ? cycles < o.cycles : dram_bytes < o.dram_bytes;
  }
};

// Tiles of one row group in a block of `images` x `rows` output rows.
std::int64_t block_tiles(const Convolution& c, std::int64_t images, std::int64_t rows) {
  return pixel_tiles(*c.config, c.width, images, rows, c.out_columns);
}

bool fits(const Convolution& c, const BlockNeeds& needs) {
  return needs.activation_elements <= c.config->activation_elements(c.width) &&
         needs.weight_bank_bytes <= c.config->weight_bank_bytes &&
         needs.parameter_entries <= c.config->parameter_entries() &&
         needs.output_elements <= c.config->output_elements(c.width);
}

// Partial sums never leave the array: a block whose input channels are cut must be a single tile.
bool one_tile(const Convolution& c, const LayerMapping& m) {
  return m.conv_groups == 1 && m.output_channels <= c.config->rows && block_tiles(c, m.images, m.rows) == 1;
}

/// What follows from the rows and images of a block alone, for one row group and input channel.
struct SpatialCut {
  std::int64_t tiles = 0;        ///< of all blocks
  std::int64_t loaded_rows = 0;  ///< of one image, by all its blocks
};

SpatialCut cut_space(const Convolution& c, int images, int block_rows) {
  SpatialCut cut;
  for (int row = 0; row < c.out_rows; row += block_rows) {
    const int rows = std::min(block_rows, c.out_rows - row);
    cut.tiles += (c.batch / images) * block_tiles(c, images, rows);
    if (c.batch % images != 0) cut.tiles += block_tiles(c, c.batch % images, rows);
    cut.loaded_rows += input_rows(c.layer->window, c.in_rows, row, rows).rows;
  }
  return cut;
}

/// What the estimate of a mapping's time is made of.
struct Estimate {
  double compute_cycles = 0;
  std::int64_t read_bytes = 0, weight_bytes = 0, write_bytes = 0;
  std::int64_t blocks = 1, chunks = 1;
  bool overlaps = true;         ///< loads hide behind compute
  bool weights_overlap = true;  ///< those of weights, too

  Cost cost(double bytes_per_cycle) const;
};

Estimate estimate(const Convolution& c, const LayerMapping& m, const SpatialCut& space,
                  const BlockNeeds& needs) {
  const AcceleratorConfig& config = *c.config;
  const std::int64_t group_blocks = c.group_blocks(m), channel_blocks = c.channel_blocks(m);
  const std::int64_t spatial_blocks = std::int64_t{c.image_blocks(m)} * c.row_blocks(m);
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
      space.loaded_rows * c.in_columns * c.in_channels * c.groups * c.batch * c.element_bytes();
  const std::int64_t weight_bytes = c.groups * std::int64_t{c.out_channels} * c.row_stream.bytes(steps);
  const bool reload_activations =
      channel_blocks > 1 && ((m.order == LoopOrder::kWeightsOuter && spatial_blocks > 1) ||
                             (e.chunks > 1 && !activations_resident(c, m)));
  const bool reload_weights =
      spatial_blocks > 1 && ((m.order == LoopOrder::kActivationsOuter && channel_blocks > 1) || e.chunks > 1);
  e.write_bytes = std::int64_t{c.batch} * c.groups * c.out_channels * (c.out_rows / c.pool_h) *
                  c.pooled_columns() * c.element_bytes();
  e.weight_bytes = weight_bytes * (reload_weights ? spatial_blocks : 1);
  e.read_bytes = activation_bytes * (reload_activations ? channel_blocks : 1) + e.weight_bytes +
                 (c.operand ? e.write_bytes : 0);

  // Loads hide behind compute only where two blocks fit side by side.
  e.overlaps = e.blocks == 1 || (2 * needs.activation_elements <= config.activation_elements(c.width) &&
                                 2 * needs.output_elements <= config.output_elements(c.width));
  // The same of weights: where the next ones have no room, all engines wait for them.
  e.weights_overlap = group_blocks * channel_blocks * e.chunks == 1 ||
                      2 * needs.weight_bank_bytes <= config.weight_bank_bytes;
  return e;
}

Cost Estimate::cost(double bytes_per_cycle) const {
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

// Sizes that cut `total` into equal parts of a multiple of `unit`, largest first.
std::vector<int> part_sizes(int total, int unit) {
  std::vector<int> sizes;
  const int units = ceil_div(total, unit);
  for (int parts = 1; parts <= units; ++parts) {
    const int size = std::min(total, ceil_div(units, parts) * unit);
    if (sizes.empty() || sizes.back() != size) sizes.push_back(size);
  }
  return sizes;
}

// Input rows of a block in the buffer, padding included: at most that many.
int block_input_rows(const Convolution& c, int rows) {
  const Window& w = c.layer->window;
  const int needed = (rows - 1) * w.stride_h + w.span_h();
  const int pad_bottom = (c.out_rows - 1) * w.stride_h + w.span_h() - w.pad_top - c.in_rows;
  return std::max(w.pad_top, pad_bottom) >= needed ? needed + 1 : needed;  // see input_rows()
}

// What a block takes of the activation buffer when `channels` of each group's input channels are resident.
std::int64_t activation_elements(const Convolution& c, const LayerMapping& m, int channels) {
  const Window& w = c.layer->window;
  const InputColumns columns = input_columns(w, c.in_columns, c.out_columns);
  const std::int64_t image =
      std::int64_t{m.conv_groups} * channels *
      channel_stride(w, block_input_rows(c, m.rows), columns.pad_left + c.in_columns + columns.pad_right);
  return m.images * image_stride(image, m.images);
}

void require_bytes(const Convolution& c, const char* buffer, std::int64_t bytes, std::int64_t needed) {
  if (bytes < needed) {
    throw ConfigError("layer " + c.layer->name, buffer, fmt::format("{}", bytes),
                      fmt::format("{} or more, for its smallest block", needed));
  }
}

/// How many sizes of a block are looked at.
enum class Extent {
  kEvenParts,  ///< those that cut a dimension into equal parts; as few chunks as fit
  kAllSizes,
};

std::vector<int> all_sizes(int total, int unit) {
  std::vector<int> sizes;
  for (int size = total; size > 0; size = size == total ? (total - 1) / unit * unit : size - unit)
    sizes.push_back(size);
  return sizes;
}

/// Input channels of a chunk: all, and where a block is one tile, fewer.
std::vector<int> chunk_sizes(const Convolution& c, const LayerMapping& user, LayerMapping m, Extent extent) {
  if (user.channels != 0) return {user.channels};
  std::vector<int> sizes = {c.in_channels};
  m.channels = c.in_channels;
  if (!one_tile(c, m)) return sizes;
  if (extent == Extent::kAllSizes) return all_sizes(c.in_channels, 1);
  // Cutting input channels costs commands: only as far as a block fits, and its weights twice.
  const auto cut_until = [&](const auto& fits_now) {
    for (int parts = 2; parts <= c.in_channels && !fits_now(block_needs(c, m)); ++parts)
      m.channels = ceil_div(c.in_channels, parts);
    if (sizes.back() != m.channels) sizes.push_back(m.channels);
  };
  cut_until([&](const BlockNeeds& needs) { return fits(c, needs); });
  cut_until([&](const BlockNeeds& needs) {
    return fits(c, needs) && 2 * needs.weight_bank_bytes <= c.config->weight_bank_bytes;
  });
  return sizes;
}

/// Calls `body` with every mapping that fits and leaves the user's choices alone.
template <class Body>
void for_mappings(const Convolution& c, const LayerMapping& user, Extent extent, const Body& body) {
  const auto sizes = [&](int given, int total, int unit) {
    if (given != 0) return std::vector<int>{given};
    return extent == Extent::kAllSizes ? all_sizes(total, unit) : part_sizes(total, unit);
  };
  const std::vector<int> row_sizes = sizes(user.rows, c.out_rows, c.pool_h);
  const std::vector<int> image_sizes = sizes(user.images, c.batch, 1);
  const std::vector<int> channel_sizes = sizes(user.output_channels, c.out_channels, c.config->rows);
  const std::vector<int> group_sizes = sizes(user.conv_groups, c.groups, 1);
  const std::vector<int> one = {1};
  const auto orders = user.layer.empty()
                          ? std::vector<LoopOrder>{LoopOrder::kActivationsOuter, LoopOrder::kWeightsOuter}
                          : std::vector<LoopOrder>{user.order};
  LayerMapping m;
  m.layer = c.layer->name;
  SpatialCut space;
  const auto with_chunk = [&](int channels) {
    m.channels = channels;
    const BlockNeeds needs = block_needs(c, m);
    if (!fits(c, needs) || (m.channels < c.in_channels && !one_tile(c, m))) return;
    // Where nothing is loaded again, the order makes no difference.
    const bool in_order =
        user.layer.empty() && (c.channel_blocks(m) == 1 || (c.image_blocks(m) == 1 && c.row_blocks(m) == 1));
    for (std::size_t i = 0; i < (in_order ? 1 : orders.size()); ++i) {
      m.order = orders[i];
      body(m, space, needs);
    }
  };

  for (const int block_rows : row_sizes) {
    m.rows = block_rows;
    for (const int images : block_rows >= c.out_rows ? image_sizes : one) {
      m.images = images;
      space = cut_space(c, images, block_rows);
      for (const int channels_out : channel_sizes) {
        m.output_channels = channels_out;
        for (const int groups : channels_out >= c.out_channels ? group_sizes : one) {
          m.conv_groups = groups;
          for (const int channels : chunk_sizes(c, user, m, extent)) with_chunk(channels);
        }
      }
    }
  }
}

}  // namespace

InputRows input_rows(const Window& w, int tensor_rows, int row, int rows) {
  const int begin = row * w.stride_h - w.pad_top;
  const int end = (row + rows - 1) * w.stride_h - w.pad_top + w.dilation_h * (w.kernel_h - 1) + 1;
  InputRows in;
  in.first = std::clamp(begin, 0, tensor_rows);
  in.rows = std::clamp(end, 0, tensor_rows) - in.first;
  in.pad_top = std::min(std::max(0, -begin), end - begin);
  in.pad_bottom = end - begin - in.rows - in.pad_top;
  if (in.rows == 0) return {std::min(in.first, tensor_rows - 1), 1, end - begin, 0};
  return in;
}

InputColumns input_columns(const Window& w, int tensor_columns, int out_columns) {
  const int needed = (out_columns - 1) * w.stride_w + w.dilation_w * (w.kernel_w - 1) + 1;
  return {w.pad_left, std::max(0, needed - w.pad_left - tensor_columns)};
}

std::int64_t channel_stride(const Window& w, int padded_rows, int padded_columns) {
  return std::int64_t{w.stride_h} * w.stride_w * ceil_div(padded_rows, w.stride_h) *
         ceil_div(padded_columns, w.stride_w);
}

std::int64_t image_stride(std::int64_t elements, int images) {
  return images > 1 ? (elements | 1) : elements;
}

BlockNeeds block_needs(const Convolution& c, const LayerMapping& m) {
  BlockNeeds needs;
  needs.activation_elements =
      activation_elements(c, m, activations_resident(c, m) ? c.in_channels : m.channels);
  needs.weight_bank_bytes = m.conv_groups * ceil_div(m.output_channels, c.config->rows) *
                            std::int64_t{c.row_stream.bytes(std::int64_t{m.channels} * c.kernel_area())};
  needs.parameter_entries = std::int64_t{m.conv_groups} * m.output_channels;
  needs.output_elements =
      std::int64_t{m.images} * m.conv_groups * m.output_channels * (m.rows / c.pool_h) * c.pooled_columns();
  return needs;
}

bool activations_resident(const Convolution& c, const LayerMapping& m) {
  return c.chunks(m) == 1 ||
         activation_elements(c, m, c.in_channels) <= c.config->activation_elements(c.width);
}

LayerDemand demand_of(const Convolution& c, const LayerMapping& m, std::int64_t slots_of_a_tile) {
  const SpatialCut space = cut_space(c, m.images, m.rows);
  const Estimate e = estimate(c, m, space, block_needs(c, m));
  return {space.tiles * slots_of_a_tile, e.read_bytes, e.write_bytes};
}

LayerDemand least_demand_of(const Convolution& c, std::int64_t slots_of_a_tile) {
  LayerMapping whole;
  whole.images = c.batch;
  whole.rows = c.out_rows;
  whole.conv_groups = c.groups;
  whole.output_channels = c.out_channels;
  whole.channels = c.in_channels;
  return demand_of(c, whole, slots_of_a_tile);
}

std::vector<LayerMapping> propose_mappings(const Convolution& c, const LayerMapping& user,
                                           const std::vector<double>& rates) {
  std::vector<LayerMapping> best(rates.size());
  std::vector<std::optional<Cost>> least(rates.size());
  for_mappings(c, user, Extent::kEvenParts,
               [&](const LayerMapping& m, const SpatialCut& space, const BlockNeeds& needs) {
                 const Estimate e = estimate(c, m, space, needs);
                 for (std::size_t i = 0; i < rates.size(); ++i) {
                   const Cost cost = e.cost(rates[i]);
                   if (least[i] && !(cost < *least[i])) continue;
                   least[i] = cost;
                   best[i] = m;
                 }
               });
  if (!least.front()) return {};
  return best;
}

std::vector<LayerMapping> all_mappings(const Convolution& c, const LayerMapping& user) {
  std::vector<LayerMapping> mappings;
  for_mappings(c, user, Extent::kAllSizes,
               [&](const LayerMapping& m, const SpatialCut& /*space*/, const BlockNeeds& /*needs*/) {
                 mappings.push_back(m);
               });
  return mappings;
}

void refuse_mapping(const Convolution& c, const LayerMapping& user) {
  if (!user.layer.empty()) {
    throw std::invalid_argument(fmt::format(
        "mapping of layer {}: no block with images {}, rows {}, conv_groups {}, output_channels {}, channels "
        "{} (0: free) fits "
        "the buffers; input channels can be cut only where a block is one tile",
        c.layer->name, user.images, user.rows, user.conv_groups, user.output_channels, user.channels));
  }
  LayerMapping smallest;
  smallest.images = smallest.conv_groups = 1;
  smallest.rows = c.pool_h;
  smallest.output_channels = std::min(c.out_channels, c.config->rows);
  smallest.channels = 1;
  if (!one_tile(c, smallest)) smallest.channels = c.in_channels;
  const BlockNeeds needs = block_needs(c, smallest);
  require_bytes(c, "activation_buffer_bytes", c.config->activation_buffer_bytes,
                needs.activation_elements * c.element_bytes());
  require_bytes(c, "weight_bank_bytes", c.config->weight_bank_bytes, needs.weight_bank_bytes);
  require_bytes(c, "parameter_buffer_bytes", c.config->parameter_buffer_bytes,
                needs.parameter_entries * AcceleratorConfig::kParameterBytes);
  require_bytes(c, "output_buffer_bytes", c.config->output_buffer_bytes,
                needs.output_elements * c.element_bytes());
  throw std::logic_error("the smallest block fits, and was not found");
}

}  // namespace bitbalance::compiler
