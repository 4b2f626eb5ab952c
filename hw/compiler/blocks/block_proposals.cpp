#include "hw/compiler/blocks/block_proposals.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "base/bits.h"
#include "base/text/config_error.h"
#include "hw/compiler/blocks/layer_estimate.h"

namespace bitbalance::compiler {
namespace {

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
  if (!is_one_tile(c, m)) return sizes;
  if (extent == Extent::kAllSizes) return all_sizes(c.in_channels, 1);
  m.channels = 1;
  if (!fits(c, block_needs(c, m))) return sizes;  // nor do any more
  m.channels = c.in_channels;
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

/// The sizes of a block's dimensions that a user leaves open, and all of a layer's blocks made of them.
class BlockSizes {
 public:
  BlockSizes(const Convolution& conv, const LayerMapping& user, Extent extent)
      : conv_(conv),
        user_(user),
        extent_(extent),
        rows_(sizes(user.rows, conv.out_rows, conv.pool_h)),
        images_(sizes(user.images, conv.batch, 1)),
        channels_(sizes(user.output_channels, conv.out_channels, conv.config->rows)),
        groups_(sizes(user.conv_groups, conv.groups, 1)) {
    if (user.layer.empty()) {
      orders_ = {LoopOrder::kActivationsOuter, LoopOrder::kWeightsOuter};
    } else {
      orders_ = {user.order};
    }
  }

  /// Full-width rows, unless a user wants others.
  std::vector<int> full_width() const { return {user_.columns != 0 ? user_.columns : conv_.out_columns}; }
  std::vector<int> cut_widths() const {
    if (user_.columns != 0) return {};
    std::vector<int> widths = part_sizes(conv_.columns_to_cut(), conv_.pool_w);
    if (widths.front() == conv_.out_columns) widths.erase(widths.begin());
    return widths;
  }

  /// Calls `body` with every mapping of those widths that fits.
  template <class Body>
  void for_widths(const std::vector<int>& widths, const Body& body) const {
    LayerMapping m;
    m.layer = conv_.layer->name;
    for (const int rows : rows_) {
      m.rows = rows;
      for (const int columns : widths) {
        m.columns = columns;
        const bool whole_image = rows >= conv_.out_rows && columns >= conv_.out_columns;
        for (const int images : whole_image ? images_ : one_) {
          m.images = images;
          for_channels(m, cut_space(conv_, m), body);
        }
      }
    }
  }

 private:
  std::vector<int> sizes(int given, int total, int unit) const {
    if (given != 0) return {given};
    return extent_ == Extent::kAllSizes ? all_sizes(total, unit) : part_sizes(total, unit);
  }

  template <class Body>
  void for_channels(LayerMapping m, const SpatialCut& space, const Body& body) const {
    for (const int channels_out : channels_) {
      m.output_channels = channels_out;
      for (const int groups : channels_out >= conv_.out_channels ? groups_ : one_) {
        m.conv_groups = groups;
        for (const int channels : chunk_sizes(conv_, user_, m, extent_)) {
          m.channels = channels;
          for_orders(m, space, body);
        }
      }
    }
  }

  template <class Body>
  void for_orders(LayerMapping m, const SpatialCut& space, const Body& body) const {
    const BlockNeeds needs = block_needs(conv_, m);
    if (!fits(conv_, needs) || (m.channels < conv_.in_channels && !is_one_tile(conv_, m))) return;
    // Where nothing is loaded again, the order makes no difference.
    const bool in_order =
        user_.layer.empty() && (conv_.channel_blocks(m) == 1 || conv_.spatial_blocks(m) == 1);
    for (std::size_t i = 0; i < (in_order ? 1 : orders_.size()); ++i) {
      m.order = orders_[i];
      body(m, space, needs);
    }
  }

  const Convolution& conv_;
  const LayerMapping& user_;
  const Extent extent_;
  const std::vector<int> rows_, images_, channels_, groups_;
  const std::vector<int> one_ = {1};
  std::vector<LoopOrder> orders_;
};

}  // namespace

std::vector<LayerMapping> propose_mappings(const Convolution& c, const LayerMapping& user,
                                           const std::vector<double>& rates) {
  std::vector<LayerMapping> best(rates.size());
  std::vector<std::optional<Cost>> least(rates.size());
  const auto compare = [&](const LayerMapping& m, const SpatialCut& space, const BlockNeeds& needs) {
    const Estimate e = estimate(c, m, space, needs);
    for (std::size_t i = 0; i < rates.size(); ++i) {
      const Cost cost = e.cost(rates[i]);
      if (least[i] && !(cost < *least[i])) continue;
      least[i] = cost;
      best[i] = m;
    }
  };
  const BlockSizes sizes(c, user, Extent::kEvenParts);
  sizes.for_widths(sizes.full_width(), compare);
  // Columns that two blocks share are loaded twice: the width is cut where it must be.
  if (!least.front()) sizes.for_widths(sizes.cut_widths(), compare);
  if (!least.front()) return {};
  return best;
}

std::vector<LayerMapping> all_mappings(const Convolution& c, const LayerMapping& user) {
  std::vector<LayerMapping> mappings;
  const auto add = [&](const LayerMapping& m, const SpatialCut& /*space*/, const BlockNeeds& /*needs*/) {
    mappings.push_back(m);
  };
  const BlockSizes sizes(c, user, Extent::kAllSizes);
  sizes.for_widths(sizes.full_width(), add);
  sizes.for_widths(sizes.cut_widths(), add);
  return mappings;
}

void refuse_mapping(const Convolution& c, const LayerMapping& user) {
  if (!user.layer.empty()) {
    throw std::invalid_argument(fmt::format(
        "mapping of layer {}: no block with images {}, rows {}, columns {}, conv_groups {}, output_channels "
        "{}, channels {} (0: free) fits the buffers; input channels can be cut only where a block is one "
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
  throw std::logic_error("the smallest block fits, and was not found");
}

}  // namespace bitbalance::compiler
