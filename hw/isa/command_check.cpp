#include "hw/isa/command_check.h"

#include <cstdint>

#include "hw/isa/compute_check.h"
#include "hw/isa/dma_walk.h"

namespace bitbalance::isa {
namespace {

constexpr int kLargestStride = 15;
constexpr int kLargestShift = 47;
// Burst alignment of weight and parameter blobs, so that no word or entry straddles two bursts.
constexpr std::uint64_t kBlobAlignment = 64;

/// Whether `images` blocks of `elements`, `image_stride` apart, lie within `capacity` elements.
bool fits(std::uint64_t base, std::uint64_t images, std::uint64_t image_stride, std::uint64_t elements,
          std::int64_t capacity) {
  return base + (images - 1) * image_stride + elements <= static_cast<std::uint64_t>(capacity);
}

/// Ranges of the slice's fields; 16-bit elements stand at even addresses.
bool valid(const TensorSlice& slice, const RegionMap& regions) {
  if (slice.images == 0 || slice.channels == 0 || slice.rows == 0 || slice.columns == 0) return false;
  const std::uint64_t address = regions.address(Region::kData, slice.dram_offset);
  return !slice.wide || ((address | slice.image_pitch | slice.channel_pitch) & 1) == 0;
}

bool aligned_blob(const RegionMap& regions, std::uint32_t dram_offset) {
  return regions.address(Region::kConstants, dram_offset) % kBlobAlignment == 0;
}

ProgramFault check_tensor(const LoadTensor& load, std::int64_t capacity, const RegionMap& regions) {
  if (!valid(load.slice, regions)) return ProgramFault::kBadField;
  if (load.stride_h < 1 || load.stride_h > kLargestStride || load.stride_w < 1 ||
      load.stride_w > kLargestStride) {
    return ProgramFault::kBadField;
  }
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

}  // namespace

ProgramFault check(const LoadWeights& load, const AcceleratorConfig& config, const RegionMap& regions) {
  const auto bank_bytes = static_cast<std::uint32_t>(config.weight_bank_bytes);
  const auto rows = static_cast<unsigned>(config.rows);
  const bool good = load.groups > 0 && load.groups_per_conv_group > 0 && load.rows > 0 && load.rows <= rows &&
                    load.last_rows > 0 && load.last_rows <= rows && load.row_bytes > 0 &&
                    load.row_bytes % 8 == 0 && load.base < bank_bytes && load.base % 8 == 0 &&
                    std::uint64_t{load.groups} * load.row_bytes <= bank_bytes &&
                    aligned_blob(regions, load.dram_offset);
  if (!good) return ProgramFault::kBadField;
  if (!regions.contains(Region::kConstants, load.dram_offset, blob_bytes(load)))
    return ProgramFault::kLoadOutsideRegion;
  return ProgramFault::kNone;
}

ProgramFault check(const LoadParameters& load, const AcceleratorConfig& config, const RegionMap& regions) {
  const bool good = load.entries > 0 && load.base + load.entries <= config.parameter_entries() &&
                    aligned_blob(regions, load.dram_offset);
  if (!good) return ProgramFault::kBadField;
  const std::uint64_t bytes = std::uint64_t{load.entries} * AcceleratorConfig::kParameterBytes;
  if (!regions.contains(Region::kConstants, load.dram_offset, bytes)) return ProgramFault::kLoadOutsideRegion;
  return ProgramFault::kNone;
}

ProgramFault check(const LoadActivations& load, const AcceleratorConfig& config, const RegionMap& regions) {
  return check_tensor(load, config.activation_elements(load.slice.wide), regions);
}

ProgramFault check(const LoadOutputs& load, const AcceleratorConfig& config, const RegionMap& regions) {
  if (load.stride_h != 1 || load.stride_w != 1) return ProgramFault::kBadField;
  return check_tensor(load, config.output_elements(load.slice.wide), regions);
}

ProgramFault check(const Store& store, const AcceleratorConfig& config, const RegionMap& regions) {
  const TensorSlice& slice = store.slice;
  if (!valid(slice, regions)) return ProgramFault::kBadField;
  const std::uint64_t elements = std::uint64_t{slice.channels} * slice.rows * slice.columns;
  if (!fits(store.base, slice.images, store.image_stride, elements, config.output_elements(slice.wide))) {
    return ProgramFault::kBadField;
  }
  if (!regions.contains(Region::kData, slice.dram_offset, extent_bytes(slice)))
    return ProgramFault::kStoreOutsideData;
  return ProgramFault::kNone;
}

ProgramFault check(const Pool& pool, const AcceleratorConfig& config) {
  const bool nonzero = pool.images > 0 && pool.channels > 0 && pool.output_rows > 0 &&
                       pool.output_columns > 0 && pool.kernel_h > 0 && pool.kernel_w > 0 &&
                       pool.stride_h > 0 && pool.stride_w > 0;
  if (!nonzero) return ProgramFault::kBadField;
  const bool windows_inside = (pool.output_rows - 1) * pool.stride_h + pool.kernel_h <= pool.input_rows &&
                              (pool.output_columns - 1) * pool.stride_w + pool.kernel_w <= pool.input_columns;
  const std::int64_t capacity = config.output_elements(pool.wide);
  const std::uint64_t input = std::uint64_t{pool.channels} * pool.input_rows * pool.input_columns;
  const std::uint64_t output = std::uint64_t{pool.channels} * pool.output_rows * pool.output_columns;
  const int divisors = !pool.average ? 0 : pool.single_divisor ? 1 : pool.kernel_h * pool.kernel_w;
  const bool good = windows_inside &&
                    fits(pool.input_base, pool.images, pool.input_image_stride, input, capacity) &&
                    fits(pool.output_base, pool.images, pool.output_image_stride, output, capacity) &&
                    pool.parameter_base + divisors <= config.parameter_entries();
  return good ? ProgramFault::kNone : ProgramFault::kBadField;
}

ProgramFault check(const Add& add, const AcceleratorConfig& config) {
  const std::int64_t capacity = config.output_elements(add.wide);
  const bool good = add.elements > 0 && add.input_shift <= kLargestShift &&
                    add.operand_shift <= kLargestShift &&
                    fits(add.input_base, 1, 0, add.elements, capacity) &&
                    fits(add.operand_base, 1, 0, add.elements, capacity) &&
                    fits(add.output_base, 1, 0, add.elements, capacity);
  return good ? ProgramFault::kNone : ProgramFault::kBadField;
}

ProgramFault check(const Command& command, const AcceleratorConfig& config, const RegionMap& regions) {
  return std::visit(
      [&](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, Compute> || std::is_same_v<Body, Pool> ||
                      std::is_same_v<Body, Add>) {
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
