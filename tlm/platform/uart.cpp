#include "tlm/platform/uart.h"

#include <utility>

namespace bitbalance::platform {

Uart::Uart(const sc_core::sc_module_name& name, std::function<void(char)> transmitted)
    : RegisterDevice(name), transmitted_(std::move(transmitted)) {}

std::optional<std::uint32_t> Uart::read(std::uint64_t offset, unsigned bytes,
                                        const sc_core::sc_time& /*delay*/) {
  if (offset >= kRegisters || bytes != 1) return std::nullopt;
  if (is_divisor(offset)) return divisor_[offset];
  switch (offset) {
    case kInterruptId:
      return kNoInterrupt;
    case kLineControl:
      return line_control_;
    case kLineStatus:
      return kTransmitterEmpty;
    default:
      return 0;
  }
}

bool Uart::write(std::uint64_t offset, unsigned bytes, std::uint32_t value, sc_core::sc_time& /*delay*/) {
  if (offset >= kRegisters || bytes != 1) return false;
  if (is_divisor(offset)) {
    divisor_[offset] = value;
  } else if (offset == kTransmit) {
    transmitted_(static_cast<char>(value));
  } else if (offset == kLineControl) {
    line_control_ = value;
  }
  return true;
}

}  // namespace bitbalance::platform
