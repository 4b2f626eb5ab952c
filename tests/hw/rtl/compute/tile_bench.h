// Tiles of one step and more for tests of single units of the compute path.
#pragma once

#include <cstdint>

#include "hw/rtl/bundles.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

/// The only tile of a command of `steps` channels and a 1x1 kernel over a plane of one row.
inline Tile single_tile(int rows, int lanes, int steps, int conflicts = 1) {
  Tile tile;
  tile.last_of_command = true;
  tile.rows = static_cast<std::uint16_t>(rows);
  tile.lanes = static_cast<std::uint16_t>(lanes);
  tile.steps = static_cast<std::uint32_t>(steps);
  tile.channels = static_cast<std::uint16_t>(steps);
  tile.conflicts = static_cast<std::uint16_t>(conflicts);
  tile.plane_columns = static_cast<std::uint16_t>(lanes);
  for (std::size_t lane = 0; lane < tile.lanes; ++lane) tile.base[lane] = static_cast<std::uint32_t>(lane);
  return tile;
}

}  // namespace bitbalance::rtl::test
