// Ends the simulation: a 32-bit register that takes PLATFORM_FINISHER_PASS, or PLATFORM_FINISHER_FAIL with an
// exit status in its upper half, as the "test finisher" of other RISC-V platforms does. It stops at
// the annotated time of the write, which must come from a thread, and answers a quantum late: an initiator
// that synchronizes by the quantum does not go on.
#pragma once

#include "tlm/platform/register_device.h"

namespace bitbalance::platform {

class Finisher : public RegisterDevice {
 public:
  explicit Finisher(const sc_core::sc_module_name& name);

  /// Nothing: the firmware has not ended.
  const std::optional<int>& exit_status() const { return exit_status_; }

 private:
  std::optional<std::uint32_t> read(std::uint64_t offset, unsigned bytes,
                                    const sc_core::sc_time& delay) override;
  bool write(std::uint64_t offset, unsigned bytes, std::uint32_t value, sc_core::sc_time& delay) override;

  std::optional<int> exit_status_;
};

}  // namespace bitbalance::platform
