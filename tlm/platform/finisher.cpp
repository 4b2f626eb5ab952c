#include "tlm/platform/finisher.h"

#include "tlm/platform/memory_map.h"

namespace bitbalance::platform {

Finisher::Finisher(const sc_core::sc_module_name& name) : RegisterDevice(name) {}

std::optional<std::uint32_t> Finisher::read(std::uint64_t offset, unsigned bytes,
                                            const sc_core::sc_time& /*delay*/) {
  if (offset != 0 || bytes != 4) return std::nullopt;
  return 0;
}

bool Finisher::write(std::uint64_t offset, unsigned bytes, std::uint32_t value,
                     const sc_core::sc_time& /*delay*/) {
  if (offset != 0 || bytes != 4) return false;
  if (exit_status_) return true;  // the simulation is being stopped
  const std::uint32_t word = value & 0xffff;
  if (word == PLATFORM_FINISHER_PASS) exit_status_ = 0;
  if (word == PLATFORM_FINISHER_FAIL) exit_status_ = static_cast<int>(value >> 16);
  if (exit_status_) sc_core::sc_stop();
  return true;
}

}  // namespace bitbalance::platform
