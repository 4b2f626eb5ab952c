#include "hw/compiler/blocks/block_sizes.h"

#include <algorithm>

#include "base/bits.h"

namespace bitbalance::compiler {
namespace {

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

}  // namespace

BlockSizes::BlockSizes(const Convolution& conv, const LayerMapping& user, Extent extent)
    : conv_(conv),
      user_(user),
      extent_(extent),
      rows_(sizes(user.rows, conv.out_rows, conv.pool_h)),
      images_(sizes(user.images, conv.batch, 1)),
      channels_(sizes(user.output_channels, conv.out_channels, conv.config->rows)),
      groups_(sizes(user.conv_groups, conv.groups, 1)) {}

std::vector<int> BlockSizes::sizes(int total, int unit) const {
  constexpr int kShort = 16;  // pieces
  const bool is_short = extent_ == Extent::kManySizes && ceil_div(total, unit) <= kShort;
  return is_short || extent_ == Extent::kAllSizes ? all_sizes(total, unit) : part_sizes(total, unit);
}

std::vector<int> BlockSizes::full_width() const {
  return {user_.columns != 0 ? user_.columns : conv_.out_columns};
}

std::vector<int> BlockSizes::cut_widths() const {
  if (user_.columns != 0) return {};
  std::vector<int> widths = part_sizes(conv_.columns_to_cut(), conv_.pool_w);
  if (widths.front() == conv_.out_columns) widths.erase(widths.begin());
  return widths;
}

std::vector<int> BlockSizes::chunk_sizes(const LayerMapping& block) const {
  if (user_.channels != 0) return {user_.channels};
  return is_one_tile(conv_, block) ? sizes(conv_.in_channels, 1) : std::vector<int>{conv_.in_channels};
}

std::vector<int> BlockSizes::fewest_chunks(const Convolution& c, const LayerMapping& block) const {
  if (user_.channels != 0) return {user_.channels};
  LayerMapping m = block;
  std::vector<int> channels = {c.in_channels};
  m.channels = c.in_channels;
  if (!is_one_tile(c, m)) return channels;
  m.channels = 1;
  if (!fits(c, block_needs(c, m))) return channels;  // nor do any more
  // Cutting input channels costs commands: only as far as a block fits, and its weights twice. Fewer channels
  // need no more of any buffer.
  const auto cut_until = [&](const auto& fits_now) {
    int most = c.in_channels;  // parts
    for (int least = 1; least < most;) {
      const int parts = least + (most - least) / 2;
      m.channels = ceil_div(c.in_channels, parts);
      if (fits_now(block_needs(c, m))) {
        most = parts;
      } else {
        least = parts + 1;
      }
    }
    m.channels = ceil_div(c.in_channels, most);
    if (channels.back() != m.channels) channels.push_back(m.channels);
  };
  cut_until([&](const BlockNeeds& needs) { return fits(c, needs); });
  cut_until([&](const BlockNeeds& needs) {
    return fits(c, needs) && 2 * needs.weight_bank_bytes <= c.config->weight_bank_bytes;
  });
  return channels;
}

std::vector<LoopOrder> BlockSizes::orders(const LayerMapping& m) const {
  if (!user_.layer.empty()) return {user_.order};
  // Where nothing is loaded again, the order makes no difference.
  if (conv_.channel_blocks(m) == 1 || conv_.spatial_blocks(m) == 1) return {LoopOrder::kActivationsOuter};
  return {LoopOrder::kActivationsOuter, LoopOrder::kWeightsOuter};
}

}  // namespace bitbalance::compiler
