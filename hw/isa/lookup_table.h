// A function as its table: the bytes in DRAM and on chip, and what stands there for an element.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/isa/width.h"

namespace bitbalance::isa {

/// One per value of an 8-bit element; for 16 bits 257 points.
constexpr int table_entries(Width width) {
  return width == Width::k16 ? 257 : 256;
}
/// Entries are little-endian.
constexpr std::uint32_t table_bytes(Width width) {
  return static_cast<std::uint32_t>(table_entries(width)) * element_bytes(width);
}

/// Holds any table, whatever was in its place before.
class LookupTable {
 public:
  static constexpr std::size_t kBytes = table_bytes(Width::k16);

  void write(std::uint32_t byte, std::uint8_t value) { bytes_[byte] = value; }

  /// For an 8-bit element the byte at the address that its eight bits are. For a 16-bit one the straight line
  /// from the point below it to the next: the high byte, its sign inverted, is the number of the point; the
  /// low byte is the way to go, rounded to nearest. `code`: sign- or zero-extended. Results of 8 bits are
  /// sign- or zero-extended as `is_signed` says.
  int at(int code, Width width, bool is_signed) const {
    if (width == Width::k8) {
      const std::uint8_t result = bytes_[static_cast<std::uint8_t>(code)];
      return is_signed ? static_cast<std::int8_t>(result) : result;
    }
    const std::uint32_t place = static_cast<std::uint16_t>(code) ^ 0x8000u;
    const int low = point(place >> 8), high = point((place >> 8) + 1);
    constexpr int kHalf = 128;
    return low + (((high - low) * static_cast<int>(place & 0xff) + kHalf) >> 8);
  }

 private:
  std::int16_t point(std::uint32_t index) const {
    return static_cast<std::int16_t>(bytes_[2 * index] | bytes_[2 * index + 1] << 8);
  }

  std::array<std::uint8_t, kBytes> bytes_{};
};

/// In DRAM; `entries`: 256 or 257.
inline std::vector<std::uint8_t> table_image(const std::vector<std::int16_t>& entries) {
  const bool wide = entries.size() > 256;
  std::vector<std::uint8_t> bytes;
  for (const std::int16_t entry : entries) {
    bytes.push_back(static_cast<std::uint8_t>(entry));
    if (wide) bytes.push_back(static_cast<std::uint8_t>(entry >> 8));
  }
  return bytes;
}

}  // namespace bitbalance::isa
