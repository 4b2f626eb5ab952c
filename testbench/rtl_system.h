// The clocked accelerator in its smallest system: clock, memory and driver software. One per process, as
// SystemC elaborates once.
#pragma once

#include <systemc>

#include "hw/rtl/accelerator.h"
#include "testbench/driver.h"
#include "testbench/scenario.h"
#include "tlm/ideal_memory.h"

namespace bitbalance {

class RtlSystem : public sc_core::sc_module {
 public:
  RtlSystem(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
            const MemorySettings& memory, std::uint64_t memory_bytes, std::int64_t watchdog_cycles);

  sc_core::sc_clock clock;
  rtl::Accelerator accelerator;
  IdealMemory memory;
  Driver driver;

  /// Memory as the test bench sees it: in no time. Throws std::logic_error beyond its end.
  void poke(std::uint64_t address, const std::vector<std::uint8_t>& bytes);
  std::vector<std::uint8_t> peek(std::uint64_t address, std::size_t bytes);

 private:
  void debug_access(tlm::tlm_command command, std::uint64_t address, std::uint8_t* bytes, std::size_t count);

  sc_core::sc_signal<bool> irq_{"irq"};
};

}  // namespace bitbalance
