// Bias, multiplier and shift of each output channel, and the reciprocals of average pooling: written by the
// load engine, read by post-processor and vector unit.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/config.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

struct Parameter {
  std::int64_t bias = 0;
  std::uint16_t multiplier = 0;
  std::uint8_t shift = 0;  ///< the 6 bits that the shifter has
};

class ParameterBuffer {
 public:
  explicit ParameterBuffer(const AcceleratorConfig& config)
      : entries_(static_cast<std::size_t>(config.parameter_entries())) {}

  const Parameter& read(std::uint32_t entry) const { return entries_[entry]; }
  void write(std::uint32_t entry, const Parameter& value) { entries_[entry] = value; }
  /// The 16 bytes that stand for an entry in DRAM, little-endian: bias, multiplier, shift, 5 unused.
  static Parameter unpack(const std::uint8_t* bytes);

 private:
  std::vector<Parameter> entries_;
};

}  // namespace bitbalance::rtl
