// The pixel tiles that a compute command walks for each of its row groups: how many lanes are active and how
// many cycles a step's reads take. The same for every row group, since the offset of a step is common.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/timeline/names.h"

namespace bitbalance::timeline {

struct PixelTile {
  int lanes = 0;
  int conflicts = 1;  ///< cycles the reads of one step take
};

struct PixelTiles {
  /// Pairs of consecutive tiles that are alike.
  struct Transition {
    int conflicts = 1;    ///< of the second
    int beats_a_row = 1;  ///< of the first: cycles that a row of it drains
    std::int64_t count = 0;
  };

  std::vector<PixelTile> tiles;
  std::vector<Transition> transitions;  ///< within a row group
  std::int64_t pixels = 0;
  std::int64_t beats_a_row = 0;  ///< of all tiles together
  int columns = 1;               ///< of the array

  int beats(const PixelTile& tile) const { return ceil_div(tile.lanes, columns); }
};

/// Deals the pixels of the command's block to lanes, as docs/timing.md says under "Tiles" and "Conflicts".
PixelTiles pixel_tiles(const Compute& compute, const AcceleratorConfig& config);

}  // namespace bitbalance::timeline
