#include "hw/rtl/parameter_buffer.h"

namespace bitbalance::rtl {

Parameter ParameterBuffer::unpack(const std::uint8_t* bytes) {
  std::uint64_t bias = 0;
  for (unsigned i = 0; i < 8; ++i) bias |= std::uint64_t{bytes[i]} << (8 * i);
  return {static_cast<std::int64_t>(bias), static_cast<std::uint16_t>(bytes[8] | bytes[9] << 8),
          static_cast<std::uint8_t>(bytes[10] & 0x3f)};
}

}  // namespace bitbalance::rtl
