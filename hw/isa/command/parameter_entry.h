// An entry of the parameter buffer and its bytes in DRAM: bias, multiplier and shift of one output channel,
// or one reciprocal of average pooling.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/config.h"

namespace bitbalance::isa {

struct ParameterEntry {
  std::int64_t bias = 0;
  std::uint16_t multiplier = 0;
  std::uint8_t shift = 0;  ///< 0..63
};

/// 16 bytes, little-endian: bias (8), multiplier (2), shift (1), unused (5).
inline void append_parameter(std::vector<std::uint8_t>& bytes, const ParameterEntry& entry) {
  const std::size_t begin = bytes.size();
  bytes.resize(begin + AcceleratorConfig::kParameterBytes);
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[begin + i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(entry.bias) >> (8 * i));
  }
  bytes[begin + 8] = static_cast<std::uint8_t>(entry.multiplier);
  bytes[begin + 9] = static_cast<std::uint8_t>(entry.multiplier >> 8);
  bytes[begin + 10] = entry.shift;
}

/// Of kParameterBytes bytes. The shifter has six bits: the rest of its byte is not looked at.
inline ParameterEntry parameter_at(const std::uint8_t* bytes) {
  constexpr int kShiftMask = 0x3f;
  std::uint64_t bias = 0;
  for (unsigned i = 0; i < 8; ++i) bias |= std::uint64_t{bytes[i]} << (8 * i);
  return {static_cast<std::int64_t>(bias), static_cast<std::uint16_t>(bytes[8] | bytes[9] << 8),
          static_cast<std::uint8_t>(bytes[10] & kShiftMask)};
}

}  // namespace bitbalance::isa
