#include "tlm/platform/uart.h"

#include <utility>

namespace bitbalance::platform {

Uart::Uart(const sc_core::sc_module_name& name, std::function<void(char)> transmitted)
    : RegisterDevice(name), transmitted_(std::move(transmitted)) {}

std::optional<std::uint32_t> Uart::read(std::uint64_t offset, unsigned bytes,
                                        const sc_core::sc_time& /*delay*/) {
  if (offset >= kRegisters || bytes != 1) return std::nullopt;
  return offset == kLineStatus ? kTransmitterEmpty : 0;
}

bool Uart::write(std::uint64_t offset, unsigned bytes, std::uint32_t value,
                 const sc_core::sc_time& /*delay*/) {
  if (offset >= kRegisters || bytes != 1) return false;
  if (offset == kTransmit) transmitted_(static_cast<char>(value));
  return true;
}

}  // namespace bitbalance::platform
