// The transaction-level accelerator with memory and driver software.
#pragma once

#include <systemc>
#include <tlm>

#include "testbench/system.h"
#include "tlm/accelerator/accelerator.h"

namespace bitbalance {

class TlmSystem : public System {
 public:
  TlmSystem(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
            const MemorySettings& memory_settings, std::uint64_t memory_bytes, const RunSettings& run)
      : System(name, config, memory_settings, memory_bytes),
        accelerator("accelerator", config, period(), {run.watchdog_cycles, run.dmi}) {
    tlm::tlm_global_quantum::instance().set(
        sc_core::sc_time(static_cast<double>(run.quantum_ns), sc_core::SC_NS));
    connect(accelerator);
  }

  Profile& profile() override { return accelerator.profile(); }
  const std::string& fault_reason() const override { return accelerator.fault_reason(); }

  tlm_level::Accelerator accelerator;
};

}  // namespace bitbalance
