#include "testbench/rtl_system.h"

namespace bitbalance {

RtlSystem::RtlSystem(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                     const MemorySettings& memory_settings, std::uint64_t memory_bytes,
                     std::int64_t watchdog_cycles)
    : System(name, config, memory_settings, memory_bytes),
      clock("clock", period()),
      accelerator("accelerator", config, watchdog_cycles) {
  accelerator.clk(clock);
  connect(accelerator);
}

}  // namespace bitbalance
