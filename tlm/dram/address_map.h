// From an address to the place of its burst in the DRAM, by a list of fields. Ahead of the queues.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tlm/dram/config.h"

namespace bitbalance::dram {

/// Banks and bank groups are numbered through all ranks of a channel.
struct Location {
  int channel = 0;
  int rank = 0;
  int group = 0;
  int bank = 0;
  int row = 0;
  int column = 0;  ///< in bursts
};

class AddressMap {
 public:
  /// Throws std::invalid_argument when `map` does not cover the geometry.
  AddressMap(const Geometry& geometry, const std::string& map);

  Location locate(std::uint64_t address) const;

 private:
  enum Field { kChannel, kRank, kGroup, kBank, kRow, kColumn, kFields };
  /// Some bits of an address and where they go.
  struct Piece {
    Field field;
    int shift;        ///< in the address
    int width;        ///< bits
    int field_shift;  ///< in the field
  };

  std::vector<Piece> pieces_;
  int groups_ = 1;  ///< of a rank
  int banks_ = 1;   ///< of a group
};

}  // namespace bitbalance::dram
