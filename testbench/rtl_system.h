// The clocked accelerator with clock, memory and driver software.
#pragma once

#include <systemc>

#include "hw/rtl/accelerator.h"
#include "testbench/system.h"

namespace bitbalance {

class RtlSystem : public System {
 public:
  RtlSystem(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
            const MemorySettings& memory, std::uint64_t memory_bytes, const RunSettings& run);

  Profile& profile() override { return accelerator.profile(); }
  const std::string& fault_reason() const override { return accelerator.fault_reason(); }

  sc_core::sc_clock clock;
  rtl::Accelerator accelerator;
};

}  // namespace bitbalance
