// The accelerator as the driver sees it: registers that behave as the table says, and a program that ends
// after so many ticks. Each access and each look at the clock takes one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "driver/bitbalance.h"
#include "hw/isa/registers.h"

namespace bitbalance::test {

class FakeDevice {
 public:
  static constexpr std::uint32_t kConfigHash = 0x1234abcd;
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  isa::RegisterFile file;
  std::uint64_t time = 0;
  std::uint64_t program_ticks = 100;  ///< from start to the end of a program; kNever: it hangs
  isa::ProgramFault fault = isa::ProgramFault::kNone;  ///< that the program ends in
  std::uint64_t ticks_to_idle = 7;                     ///< from the fault to idle
  std::uint64_t reset_delay = 0;                       ///< from the write of soft reset to its effect
  std::uint64_t reset_ticks = 30;                      ///< from there to idle; kNever: never
  int starts = 0;
  int handler_runs = 0;
  std::string log;  ///< accesses and barriers, in their order
  bool masked = false;
  std::function<void()> before_sleep;    ///< what happens at the last moment before the processor sleeps
  std::uint64_t longest_sleep = kNever;  ///< another interrupt wakes the processor then

  bitbalance_device* driver = nullptr;  ///< whose handler the interrupt calls

  FakeDevice() { file.set(isa::Register::kConfigHash, kConfigHash); }

  bitbalance_bus bus();
  bitbalance_clock clock();
  bitbalance_interrupts interrupts();

  /// Lets `ticks` pass: programs end, handlers run.
  void pass(std::uint64_t ticks);
  /// The reset of the whole device, by its pin: all is as after power-up.
  void reset();
  bool line() const {
    return (file.get(isa::Register::kIrqStatus) & file.get(isa::Register::kIrqEnable)) != 0;
  }

 private:
  std::uint32_t read(std::uint32_t offset);
  void write(std::uint32_t offset, std::uint32_t value);
  void sleep(std::uint64_t deadline);
  void soft_reset();
  void end_program();
  void take_interrupts();

  std::uint64_t end_ = kNever;    ///< of the program
  std::uint64_t idle_ = kNever;   ///< when the engines are empty
  std::uint64_t reset_ = kNever;  ///< when a soft reset takes effect
};

}  // namespace bitbalance::test
