// How many tiles the array needs for a block: the count that mapper, waveform windows and timing share.
#pragma once

#include <cstdint>

#include "base/bits.h"
#include "hw/isa/command/command.h"
#include "hw/isa/config.h"

namespace bitbalance::isa {

/// Pixel tiles of `images` x `rows` x `columns` outputs: what one row group takes.
inline std::int64_t pixel_tiles(const AcceleratorConfig& config, Width width, std::int64_t images,
                                std::int64_t rows, std::int64_t columns) {
  const int lanes = config.lanes(width);
  if (config.column_mapping == ColumnMapping::kRow) return images * rows * ceil_div(columns, lanes);
  return ceil_div(images * rows * columns, lanes);
}

/// Tiles of a command: conv groups x row groups x pixel tiles.
inline std::int64_t tiles(const AcceleratorConfig& config, const Compute& c) {
  return c.row_groups_in_all(config.rows) * pixel_tiles(config, c.width, c.images, c.rows, c.columns);
}

/// Is tiles() 1? Also for fields that are not checked yet, of which the product might leave 64 bits. Partial
/// sums wait in the array, which holds those of one tile.
inline bool is_one_tile(const AcceleratorConfig& config, const Compute& c) {
  return c.row_groups_in_all(config.rows) == 1 &&
         pixel_tiles(config, c.width, c.images, c.rows, c.columns) == 1;
}

}  // namespace bitbalance::isa
