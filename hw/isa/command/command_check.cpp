#include "hw/isa/command/command_check.h"

#include <cstdint>

#include "hw/isa/command/command_fields.h"
#include "hw/isa/tiles.h"
#include "hw/isa/transfer/dma_walk.h"
#include "hw/isa/weight/row_stream.h"

namespace bitbalance::isa {
namespace {

/// Whether each field holds a value of its range.
template <class Body>
bool in_range(const Body& body) {
  bool good = true;
  CommandDescription<Body>::fields(body, [&good](const Field& field, const auto& value) {
    good = good && field.range.holds(static_cast<std::int64_t>(value));
  });
  return good;
}

ProgramFault bad_field_unless(bool good) {
  return good ? ProgramFault::kNone : ProgramFault::kBadField;
}

/// Whether `images` blocks of `elements`, `image_stride` apart, lie within `capacity` elements.
bool fits(std::uint64_t base, std::uint64_t images, std::uint64_t image_stride, std::uint64_t elements,
          std::int64_t capacity) {
  return base + (images - 1) * image_stride + elements <= static_cast<std::uint64_t>(capacity);
}

/// 16-bit elements stand at even addresses.
bool aligned(const TensorSlice& slice, const RegionMap& regions) {
  const std::uint64_t address = regions.address(Region::kData, slice.dram_offset);
  return slice.width == Width::k8 ||
         ((address | slice.image_pitch | slice.channel_pitch | slice.row_gap) & 1) == 0;
}

bool aligned_blob(const RegionMap& regions, std::uint32_t dram_offset) {
  return regions.address(Region::kConstants, dram_offset) % kDramAlignment == 0;
}

template <class Load>
ProgramFault check_tensor(const Load& load, std::int64_t capacity, const RegionMap& regions) {
  if (!in_range(load) || !aligned(load.slice, regions)) return ProgramFault::kBadField;
  const std::uint64_t phases = std::uint64_t{load.stride_h} * load.stride_w;
  const std::uint64_t plane =
      static_cast<std::uint64_t>(load.plane_rows()) * static_cast<std::uint64_t>(load.plane_columns());
  const std::uint64_t elements = load.slice.channels * phases * plane;
  if (!fits(load.base, load.slice.images, load.image_stride, elements, capacity))
    return ProgramFault::kBadField;
  if (!regions.contains(Region::kData, load.slice.dram_offset, extent_bytes(load.slice))) {
    return ProgramFault::kLoadOutsideRegion;
  }
  return ProgramFault::kNone;
}

bool weights_fit(const Compute& c, const AcceleratorConfig& config) {
  if (stored_bits(c.weight_bits, c.nnzb, config.token_form, config.weight_storage) > kMaxStoredBits)
    return false;
  const auto bank_bytes = static_cast<std::uint64_t>(config.weight_bank_bytes);
  const std::uint64_t row_words = RowStream(c.weight_bits, c.nnzb, config).words(c.steps());
  const auto groups = static_cast<std::uint64_t>(c.row_groups_in_all(config.rows));
  return c.weight_base < bank_bytes && groups * row_words * RowStream::kWordBytes <= bank_bytes;
}

bool activations_fit(const Compute& c, const AcceleratorConfig& config) {
  const bool windows_inside = c.rows + (c.kernel_h - 1) * c.dilation_h / c.stride_h <= c.plane_rows &&
                              c.columns + (c.kernel_w - 1) * c.dilation_w / c.stride_w <= c.plane_columns;
  const std::uint64_t channels = std::uint64_t{c.conv_groups} * c.channels;
  const auto channel_stride = static_cast<std::uint64_t>(c.channel_stride());
  const std::int64_t capacity = config.activation_elements(c.width);
  // Together they could leave 64 bits.
  const bool factors_fit = channels <= static_cast<std::uint64_t>(capacity) &&
                           channel_stride <= static_cast<std::uint64_t>(capacity);
  return windows_inside && factors_fit &&
         fits(c.activation_base, c.images, c.activation_image_stride, channels * channel_stride, capacity);
}

bool results_fit(const Compute& c, const AcceleratorConfig& config) {
  const std::uint64_t channels = std::uint64_t{c.conv_groups} * c.output_channels;
  const auto plane = static_cast<std::uint64_t>(c.result_plane());
  return c.parameter_base + channels <= static_cast<std::uint64_t>(config.parameter_entries()) &&
         fits(c.output_base, c.images, c.output_image_stride, channels * plane,
              config.output_elements(c.width));
}

}  // namespace

ProgramFault check(const LoadWeights& load, const AcceleratorConfig& config, const RegionMap& regions) {
  const auto bank_bytes = static_cast<std::uint32_t>(config.weight_bank_bytes);
  const auto rows = static_cast<unsigned>(config.rows);
  const bool good = in_range(load) && load.rows <= rows && load.last_rows <= rows && load.base < bank_bytes &&
                    std::uint64_t{load.groups} * load.row_bytes <= bank_bytes &&
                    aligned_blob(regions, load.dram_offset);
  if (!good) return ProgramFault::kBadField;
  if (!regions.contains(Region::kConstants, load.dram_offset, blob_bytes(load)))
    return ProgramFault::kLoadOutsideRegion;
  return ProgramFault::kNone;
}

ProgramFault check(const LoadParameters& load, const AcceleratorConfig& config, const RegionMap& regions) {
  const bool good = in_range(load) && load.base + load.entries <= config.parameter_entries() &&
                    aligned_blob(regions, load.dram_offset);
  if (!good) return ProgramFault::kBadField;
  if (!regions.contains(Region::kConstants, load.dram_offset, blob_bytes(load)))
    return ProgramFault::kLoadOutsideRegion;
  return ProgramFault::kNone;
}

ProgramFault check(const LoadTable& load, const AcceleratorConfig& config, const RegionMap& regions) {
  if (load.table >= config.lookup_tables || !aligned_blob(regions, load.dram_offset))
    return ProgramFault::kBadField;
  if (!regions.contains(Region::kConstants, load.dram_offset, blob_bytes(load)))
    return ProgramFault::kLoadOutsideRegion;
  return ProgramFault::kNone;
}

ProgramFault check(const LoadActivations& load, const AcceleratorConfig& config, const RegionMap& regions) {
  return check_tensor(load, config.activation_elements(load.slice.width), regions);
}

ProgramFault check(const LoadOutputs& load, const AcceleratorConfig& config, const RegionMap& regions) {
  return check_tensor(load, config.output_elements(load.slice.width), regions);
}

ProgramFault check(const Store& store, const AcceleratorConfig& config, const RegionMap& regions) {
  const TensorSlice& slice = store.slice;
  if (!in_range(store) || !aligned(slice, regions)) return ProgramFault::kBadField;
  const std::uint64_t elements = std::uint64_t{slice.channels} * slice.rows * slice.columns;
  if (!fits(store.base, slice.images, store.image_stride, elements, config.output_elements(slice.width))) {
    return ProgramFault::kBadField;
  }
  if (!regions.contains(Region::kData, slice.dram_offset, extent_bytes(slice)))
    return ProgramFault::kStoreOutsideData;
  return ProgramFault::kNone;
}

ProgramFault check(const Compute& c, const AcceleratorConfig& config) {
  // The first result of a pooling window takes the operand's place.
  const bool keeps_operand = !c.operand || (c.pool_h == 1 && c.pool_w == 1);
  return bad_field_unless(in_range(c) && config.serves(c.width, c.weight_bits) && c.nnzb < c.weight_bits &&
                          keeps_operand && weights_fit(c, config) &&
                          (!c.lookup || c.table < config.lookup_tables) && activations_fit(c, config) &&
                          (!c.last_chunk || results_fit(c, config)) &&
                          ((c.first_chunk && c.last_chunk) || is_one_tile(config, c)));
}

ProgramFault check(const Pool& pool, const AcceleratorConfig& config) {
  if (!in_range(pool)) return ProgramFault::kBadField;
  const bool windows_inside = (pool.output_rows - 1) * pool.stride_h + pool.kernel_h <= pool.input_rows &&
                              (pool.output_columns - 1) * pool.stride_w + pool.kernel_w <= pool.input_columns;
  const std::int64_t capacity = config.output_elements(pool.width);
  const std::uint64_t input = std::uint64_t{pool.channels} * pool.input_rows * pool.input_columns;
  const std::uint64_t output = std::uint64_t{pool.channels} * pool.output_rows * pool.output_columns;
  return bad_field_unless(windows_inside &&
                          fits(pool.input_base, pool.images, pool.input_image_stride, input, capacity) &&
                          fits(pool.output_base, pool.images, pool.output_image_stride, output, capacity) &&
                          pool.parameter_base + pool.divisors() <= config.parameter_entries());
}

ProgramFault check(const Add& add, const AcceleratorConfig& config) {
  const std::int64_t capacity = config.output_elements(add.width);
  return bad_field_unless(in_range(add) && fits(add.input_base, 1, 0, add.elements, capacity) &&
                          fits(add.operand_base, 1, 0, add.elements, capacity) &&
                          fits(add.output_base, 1, 0, add.elements, capacity));
}

ProgramFault check(const Lookup& lookup, const AcceleratorConfig& config) {
  const std::int64_t capacity = config.output_elements(lookup.width);
  return bad_field_unless(in_range(lookup) && lookup.table < config.lookup_tables &&
                          fits(lookup.input_base, 1, 0, lookup.elements, capacity) &&
                          fits(lookup.output_base, 1, 0, lookup.elements, capacity));
}

ProgramFault check(const Command& command, const AcceleratorConfig& config, const RegionMap& regions) {
  return std::visit(
      [&](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, Compute> || std::is_same_v<Body, Pool> ||
                      std::is_same_v<Body, Add> || std::is_same_v<Body, Lookup>) {
          return check(body, config);
        } else if constexpr (std::is_same_v<Body, End> || std::is_same_v<Body, Barrier>) {
          return ProgramFault::kNone;
        } else {
          return check(body, config, regions);
        }
      },
      command.body);
}

}  // namespace bitbalance::isa
