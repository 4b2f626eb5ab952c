#include "hw/compiler/blocks/block_proposals.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/text/config_error.h"
#include "hw/compiler/blocks/block_sizes.h"

namespace bitbalance::compiler {
namespace {

void require_bytes(const Convolution& c, const char* buffer, std::int64_t bytes, std::int64_t needed) {
  if (bytes < needed) {
    throw ConfigError("layer " + c.layer->name, buffer, fmt::format("{}", bytes),
                      fmt::format("{} or more, for its smallest block", needed));
  }
}

template <class IsWanted>
void add_mappings(const Convolution& c, const BlockSizes& sizes, const std::vector<int>& widths,
                  const IsWanted& is_wanted, std::vector<LayerMapping>& mappings) {
  sizes.for_blocks(widths, [&](LayerMapping m, const SpatialCut& /*space*/) {
    m.layer = c.layer->name;
    for (const int channels : sizes.chunk_sizes(m)) {
      m.channels = channels;
      if (!is_wanted(m)) continue;
      for (const LoopOrder order : sizes.orders(m)) {
        m.order = order;
        mappings.push_back(m);
      }
    }
  });
}

}  // namespace

std::vector<LayerMapping> all_mappings(const Convolution& c, const LayerMapping& user) {
  const BlockSizes sizes(c, user, Extent::kAllSizes);
  const auto possible = [&](const LayerMapping& m) { return is_possible(c, m, block_needs(c, m)); };
  std::vector<LayerMapping> mappings;
  add_mappings(c, sizes, sizes.full_width(), possible, mappings);
  add_mappings(c, sizes, sizes.cut_widths(), possible, mappings);
  return mappings;
}

std::vector<LayerMapping> many_mappings(const Convolution& c, const LayerMapping& user, bool full_width) {
  const BlockSizes sizes(c, user, Extent::kManySizes);
  const auto can_be_cut = [&](const LayerMapping& m) { return can_be_cut_so(c, m); };
  std::vector<LayerMapping> mappings;
  add_mappings(c, sizes, full_width ? sizes.full_width() : sizes.cut_widths(), can_be_cut, mappings);
  return mappings;
}

void refuse_mapping(const Convolution& c, const LayerMapping& user) {
  if (!user.layer.empty()) {
    throw std::invalid_argument(fmt::format(
        "mapping of layer {}: no block with images {}, rows {}, columns {}, conv_groups {}, output_channels "
        "{}, channels {} (0: free) fits the buffers and commands; input channels can be cut only where a "
        "block is one "
        "tile",
        c.layer->name, user.images, user.rows, user.columns, user.conv_groups, user.output_channels,
        user.channels));
  }
  LayerMapping smallest;
  smallest.images = smallest.conv_groups = 1;
  smallest.rows = c.pool_h;
  smallest.columns = c.pool_w;
  smallest.output_channels = std::min(c.out_channels, c.config->rows);
  smallest.channels = 1;
  if (!is_one_tile(c, smallest)) smallest.channels = c.in_channels;
  const BlockNeeds needs = block_needs(c, smallest);
  require_bytes(c, "activation_buffer_bytes", c.config->activation_buffer_bytes,
                needs.activation_elements * c.element_bytes());
  require_bytes(c, "weight_bank_bytes", c.config->weight_bank_bytes, needs.weight_bank_bytes);
  require_bytes(c, "parameter_buffer_bytes", c.config->parameter_buffer_bytes,
                needs.parameter_entries * AcceleratorConfig::kParameterBytes);
  require_bytes(c, "output_buffer_bytes", c.config->output_buffer_bytes,
                needs.output_elements * c.element_bytes());
  if (needs.largest_extent > kMostExtent) {
    throw ConfigError(
        "layer " + c.layer->name, "input channels", fmt::format("{}", c.in_channels),
        fmt::format("at most {}, where a block of one output is more than a tile", kMostExtent));
  }
  throw std::logic_error("the smallest block fits, and was not found");
}

}  // namespace bitbalance::compiler
