// An entry of the parameter buffer as it lies in DRAM: bias, multiplier and shift of one output channel, or
// one reciprocal of average pooling.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/config.h"
#include "quant/ir/quantized_network.h"

namespace bitbalance::isa {

struct ParameterEntry {
  std::int64_t bias = 0;
  Rescale rescale;
};

/// 16 bytes, little-endian: bias (8), multiplier (2), shift (1), unused (5).
inline void append_parameter(std::vector<std::uint8_t>& bytes, const ParameterEntry& entry) {
  const std::size_t begin = bytes.size();
  bytes.resize(begin + AcceleratorConfig::kParameterBytes);
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[begin + i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(entry.bias) >> (8 * i));
  }
  bytes[begin + 8] = static_cast<std::uint8_t>(entry.rescale.multiplier);
  bytes[begin + 9] = static_cast<std::uint8_t>(entry.rescale.multiplier >> 8);
  bytes[begin + 10] = entry.rescale.shift;
}

}  // namespace bitbalance::isa
