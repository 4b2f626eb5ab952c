// Bytes of an on-chip buffer, addressed as 8- or 16-bit elements.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "hw/isa/width.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class ElementStore {
 public:
  explicit ElementStore(std::size_t bytes) : bytes_(bytes) {}

  /// Element `address` of width 8 (zero- or sign-extended) or 16 (signed).
  int read(std::uint32_t address, Width width, bool is_signed) const {
    if (width == Width::k16) {
      const std::size_t at = std::size_t{2} * address;
      return static_cast<std::int16_t>(bytes_[at] | bytes_[at + 1] << 8);
    }
    return is_signed ? static_cast<std::int8_t>(bytes_[address]) : bytes_[address];
  }
  /// `count` elements from `address` on.
  template <bool Wide, bool Signed>
  void read_line(std::uint32_t address, int count, std::int16_t* __restrict to) const {
    if constexpr (Wide) {
      std::memcpy(to, &bytes_[std::size_t{2} * address], 2 * static_cast<std::size_t>(count));
    } else {
      constexpr int kSign = Signed ? 0x80 : 0;
      const std::uint8_t* const from = &bytes_[address];
      for (int i = 0; i < count; ++i) to[i] = static_cast<std::int16_t>((from[i] ^ kSign) - kSign);
    }
  }
  void write(std::uint32_t address, Width width, int value) {
    if (width == Width::k16) {
      const std::size_t at = std::size_t{2} * address;
      bytes_[at] = static_cast<std::uint8_t>(value);
      bytes_[at + 1] = static_cast<std::uint8_t>(value >> 8);
    } else {
      bytes_[address] = static_cast<std::uint8_t>(value);
    }
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace bitbalance::rtl
