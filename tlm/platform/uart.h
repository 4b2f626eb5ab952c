// The terminal: transmitter of a 16550. A character is gone at once; nothing is ever received.
#pragma once

#include <functional>

#include "tlm/platform/memory_map.h"
#include "tlm/platform/register_device.h"

namespace bitbalance::platform {

class Uart : public RegisterDevice {
 public:
  static constexpr std::uint64_t kTransmit = PLATFORM_UART_TRANSMIT;       ///< THR, WO; RBR reads as 0
  static constexpr std::uint64_t kLineStatus = PLATFORM_UART_LINE_STATUS;  ///< LSR, RO
  static constexpr std::uint32_t kTransmitterEmpty = PLATFORM_UART_EMPTY;

  /// `transmitted`: told each character.
  Uart(const sc_core::sc_module_name& name, std::function<void(char)> transmitted);

 private:
  std::optional<std::uint32_t> read(std::uint64_t offset, unsigned bytes,
                                    const sc_core::sc_time& delay) override;
  bool write(std::uint64_t offset, unsigned bytes, std::uint32_t value,
             const sc_core::sc_time& delay) override;

  static constexpr std::uint64_t kRegisters = 8;  ///< those we do not model read as 0 and ignore writes
  std::function<void(char)> transmitted_;
};

}  // namespace bitbalance::platform
