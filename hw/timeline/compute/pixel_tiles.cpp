#include "hw/timeline/compute/pixel_tiles.h"

#include <algorithm>
#include <array>

namespace bitbalance::timeline {
namespace {

/// Readers of each bank in the tile that is being filled.
class BankReaders {
 public:
  explicit BankReaders(std::uint32_t banks) : banks_(banks) {}
  void add(std::uint32_t address) { most_ = std::max<int>(most_, ++readers_[address % banks_]); }
  int take_most() {
    const int most = most_;
    std::fill_n(readers_.begin(), banks_, std::uint16_t{0});
    most_ = 0;
    return most;
  }

 private:
  std::uint32_t banks_;
  std::array<std::uint16_t, AcceleratorConfig::kMaxLanes> readers_{};
  int most_ = 0;
};

}  // namespace

PixelTiles pixel_tiles(const Compute& c, const AcceleratorConfig& config) {
  PixelTiles result;
  result.columns = config.columns;
  const int lanes = config.lanes(c.width);
  BankReaders readers(static_cast<std::uint32_t>(config.activation_banks(c.width)));
  int filled = 0;
  const auto end_tile = [&] {
    if (filled == 0) return;
    result.tiles.push_back({filled, readers.take_most()});
    filled = 0;
  };
  for (std::uint32_t image = 0; image < c.images; ++image) {
    for (std::uint32_t row = 0; row < c.rows; ++row) {
      const std::uint32_t address = image * c.activation_image_stride + row * c.plane_columns;
      for (std::uint32_t column = 0; column < c.columns; ++column) {
        readers.add(address + column);
        if (++filled == lanes) end_tile();
      }
      if (config.column_mapping == ColumnMapping::kRow) end_tile();
    }
  }
  end_tile();

  for (std::size_t t = 0; t < result.tiles.size(); ++t) {
    const PixelTile& tile = result.tiles[t];
    result.pixels += tile.lanes;
    result.beats_a_row += result.beats(tile);
    if (t == 0) continue;
    const int before = result.beats(result.tiles[t - 1]);
    const auto alike = std::find_if(result.transitions.begin(), result.transitions.end(), [&](const auto& x) {
      return x.conflicts == tile.conflicts && x.beats_a_row == before;
    });
    if (alike != result.transitions.end()) {
      ++alike->count;
    } else {
      result.transitions.push_back({tile.conflicts, before, 1});
    }
  }
  return result;
}

}  // namespace bitbalance::timeline
