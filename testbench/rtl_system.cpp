#include "testbench/rtl_system.h"

namespace bitbalance {

RtlSystem::RtlSystem(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                     const MemorySettings& memory_settings, std::uint64_t memory_bytes,
                     const RunSettings& run)
    : System(name, config, memory_settings, memory_bytes),
      clock("clock", period()),
      accelerator("accelerator", config, run.watchdog_cycles) {
  accelerator.clk(clock);
  connect(accelerator);
}

}  // namespace bitbalance
