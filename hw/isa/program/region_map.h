// Where the two regions of a program lie in the memory's address space: base registers and sizes of the
// program header.
#pragma once

#include <cstdint>

#include "hw/isa/command/command.h"

namespace bitbalance::isa {

struct RegionMap {
  std::uint64_t base[2] = {};   ///< by Region; bytes
  std::uint64_t bytes[2] = {};  ///< by Region

  std::uint64_t address(Region region, std::uint64_t offset) const {
    return base[static_cast<int>(region)] + offset;
  }
  /// Whether the region ends within 64-bit addresses, which address() takes for granted.
  bool is_addressable(Region region) const {
    const std::uint64_t begin = base[static_cast<int>(region)], size = bytes[static_cast<int>(region)];
    return size == 0 || size - 1 <= ~begin;
  }
  /// Whether `count` bytes from `offset` on lie inside the region.
  bool contains(Region region, std::uint64_t offset, std::uint64_t count) const {
    const std::uint64_t size = bytes[static_cast<int>(region)];
    return offset <= size && count <= size - offset;
  }
};

}  // namespace bitbalance::isa
