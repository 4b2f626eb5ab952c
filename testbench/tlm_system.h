// The transaction-level accelerator with memory and driver software.
#pragma once

#include <systemc>

#include "testbench/system.h"
#include "tlm/accelerator/accelerator.h"

namespace bitbalance {

class TlmSystem : public System {
 public:
  TlmSystem(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
            const MemorySettings& memory_settings, std::uint64_t memory_bytes, std::int64_t watchdog_cycles)
      : System(name, config, memory_settings, memory_bytes),
        accelerator("accelerator", config, period(), {watchdog_cycles, true}) {
    connect(accelerator);
  }

  Profile& profile() override { return accelerator.profile(); }

  tlm_level::Accelerator accelerator;
};

}  // namespace bitbalance
