#include "tlm/platform/finisher.h"

#include "tlm/platform/memory_map.h"

namespace bitbalance::platform {

Finisher::Finisher(const sc_core::sc_module_name& name) : RegisterDevice(name) {}

std::optional<std::uint32_t> Finisher::read(std::uint64_t offset, unsigned bytes,
                                            const sc_core::sc_time& /*delay*/) {
  if (offset != 0 || bytes != 4) return std::nullopt;
  return 0;
}

bool Finisher::write(std::uint64_t offset, unsigned bytes, std::uint32_t value, sc_core::sc_time& delay) {
  if (offset != 0 || bytes != 4) return false;
  const std::uint32_t word = value & 0xffff;
  if (word != PLATFORM_FINISHER_PASS && word != PLATFORM_FINISHER_FAIL) return true;
  wait(delay);  // the initiator may be ahead of the kernel
  if (!exit_status_) {
    exit_status_ = word == PLATFORM_FINISHER_PASS ? 0 : static_cast<int>(value >> 16);
    sc_core::sc_stop();
  }
  // With as much the initiator lets the kernel catch up before it goes on, and the simulation stops first.
  delay = tlm::tlm_global_quantum::instance().get();
  return true;
}

}  // namespace bitbalance::platform
