#include "hw/isa/compute_check.h"

#include <cstdint>
#include <initializer_list>

#include "hw/isa/tokens.h"

namespace bitbalance::isa {
namespace {

constexpr int kLargestStride = 15;
constexpr int kLargestShift = 47;

bool within(int value, int low, int high) {
  return low <= value && value <= high;
}

/// Whether `images` blocks of `elements`, `image_stride` apart, lie within `capacity` elements.
bool fits(std::uint64_t base, std::uint64_t images, std::uint64_t image_stride, std::uint64_t elements,
          std::int64_t capacity) {
  return base + (images - 1) * image_stride + elements <= static_cast<std::uint64_t>(capacity);
}

bool ranges_hold(const Compute& c) {
  for (const int extent : {int{c.channels}, int{c.conv_groups}, int{c.output_channels}, int{c.images},
                           int{c.rows}, int{c.columns}, int{c.kernel_h}, int{c.kernel_w}}) {
    if (extent < 1) return false;
  }
  for (const int step : {c.stride_h, c.stride_w, c.dilation_h, c.dilation_w, c.pool_h, c.pool_w}) {
    if (!within(step, 1, kLargestStride)) return false;
  }
  // The first result of a pooling window takes the operand's place.
  const bool keeps_operand = !c.operand || (c.pool_h == 1 && c.pool_w == 1);
  return within(c.weight_bits, 2, 16) && within(c.nnzb, 1, c.weight_bits - 1) &&
         c.operand_shift <= kLargestShift && keeps_operand;
}

bool weights_fit(const Compute& c, const AcceleratorConfig& config) {
  const int bits = stored_bits(c.weight_bits, c.nnzb, config.token_form, config.weight_storage);
  if (bits > kMaxStoredBits || c.weight_base % 8 != 0) return false;
  const auto bank_bytes = static_cast<std::uint64_t>(config.weight_bank_bytes);
  const std::uint64_t steps = std::uint64_t{c.channels} * c.kernel_h * c.kernel_w;
  const std::uint64_t row_bytes = (steps * static_cast<std::uint64_t>(bits) + 63) / 64 * 8;
  const auto groups = std::uint64_t{c.conv_groups} * static_cast<std::uint64_t>(c.row_groups(config.rows));
  return c.weight_base < bank_bytes && groups * row_bytes <= bank_bytes;
}

bool activations_fit(const Compute& c, const AcceleratorConfig& config) {
  const bool windows_inside = c.rows + (c.kernel_h - 1) * c.dilation_h / c.stride_h <= c.plane_rows &&
                              c.columns + (c.kernel_w - 1) * c.dilation_w / c.stride_w <= c.plane_columns;
  const std::uint64_t channels = std::uint64_t{c.conv_groups} * c.channels;
  const std::uint64_t channel_stride =
      std::uint64_t{c.stride_h} * c.stride_w * std::uint64_t{c.plane_rows} * c.plane_columns;
  const std::int64_t capacity = config.activation_elements(c.wide);
  // Together they could leave 64 bits.
  const bool factors_fit = channels <= static_cast<std::uint64_t>(capacity) &&
                           channel_stride <= static_cast<std::uint64_t>(capacity);
  return windows_inside && factors_fit &&
         fits(c.activation_base, c.images, c.activation_image_stride, channels * channel_stride, capacity);
}

bool results_fit(const Compute& c, const AcceleratorConfig& config) {
  const std::uint64_t channels = std::uint64_t{c.conv_groups} * c.output_channels;
  const auto plane =
      static_cast<std::uint64_t>(c.rows / c.pool_h) * static_cast<std::uint64_t>(c.columns / c.pool_w);
  return c.parameter_base + channels <= static_cast<std::uint64_t>(config.parameter_entries()) &&
         fits(c.output_base, c.images, c.output_image_stride, channels * plane,
              config.output_elements(c.wide));
}

/// Partial sums wait in the array, which holds those of one tile.
bool is_one_tile(const Compute& c, const AcceleratorConfig& config) {
  const auto lanes = static_cast<std::uint64_t>(config.lanes(c.wide));
  const std::uint64_t lines = std::uint64_t{c.images} * c.rows;
  const bool one_pixel_tile = config.column_mapping == ColumnMapping::kRow ? lines == 1 && c.columns <= lanes
                                                                           : lines * c.columns <= lanes;
  return c.conv_groups == 1 && c.row_groups(config.rows) == 1 && one_pixel_tile;
}

}  // namespace

ProgramFault check(const Compute& c, const AcceleratorConfig& config) {
  const bool good = ranges_hold(c) && weights_fit(c, config) && activations_fit(c, config) &&
                    (!c.last_chunk || results_fit(c, config)) &&
                    ((c.first_chunk && c.last_chunk) || is_one_tile(c, config));
  return good ? ProgramFault::kNone : ProgramFault::kBadField;
}

}  // namespace bitbalance::isa
