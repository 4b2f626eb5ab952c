// The terminal: transmitter of a 16550. A character is gone at once; nothing is ever received, and nothing
// interrupts. The divisor latch keeps what it is given; no time comes of it.
#pragma once

#include <array>
#include <functional>

#include "tlm/platform/memory_map.h"
#include "tlm/platform/register_device.h"

namespace bitbalance::platform {

class Uart : public RegisterDevice {
 public:
  static constexpr std::uint64_t kTransmit = PLATFORM_UART_TRANSMIT;  ///< WO; RBR reads as 0
  static constexpr std::uint64_t kInterruptId = PLATFORM_UART_INTERRUPT_ID;
  static constexpr std::uint32_t kNoInterrupt = PLATFORM_UART_NO_INTERRUPT;
  static constexpr std::uint64_t kLineControl = PLATFORM_UART_LINE_CONTROL;
  static constexpr std::uint32_t kDivisorLatch = PLATFORM_UART_DIVISOR;
  static constexpr std::uint64_t kLineStatus = PLATFORM_UART_LINE_STATUS;  ///< RO
  static constexpr std::uint32_t kTransmitterEmpty = PLATFORM_UART_EMPTY;

  /// `transmitted`: told each character.
  Uart(const sc_core::sc_module_name& name, std::function<void(char)> transmitted);

 private:
  std::optional<std::uint32_t> read(std::uint64_t offset, unsigned bytes,
                                    const sc_core::sc_time& delay) override;
  bool write(std::uint64_t offset, unsigned bytes, std::uint32_t value, sc_core::sc_time& delay) override;

  static constexpr std::uint64_t kRegisters = 8;  ///< those we do not model read as 0 and ignore writes
  bool is_divisor(std::uint64_t offset) const {
    return offset < divisor_.size() && (line_control_ & kDivisorLatch) != 0;
  }

  std::function<void(char)> transmitted_;
  std::uint32_t line_control_ = 0;
  std::array<std::uint32_t, 2> divisor_{};
};

}  // namespace bitbalance::platform
