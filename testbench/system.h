// An accelerator in its smallest surroundings: memory and driver software. What a run needs to know of it,
// whatever its level of detail. One per process, as SystemC elaborates once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "hw/core/profile.h"
#include "testbench/driver.h"
#include "testbench/scenario.h"
#include "tlm/memory_model.h"

namespace bitbalance {

class System : public sc_core::sc_module {
 public:
  const std::unique_ptr<MemoryModel> memory;
  Driver driver;

  /// The accelerator's accounts.
  virtual Profile& profile() = 0;
  /// Why the last program was stopped, beyond what the registers say; empty: they say it all.
  virtual const std::string& fault_reason() const = 0;
  /// Of the clock.
  const sc_core::sc_time& period() const { return period_; }

  /// Memory as the test bench sees it: in no time. Throws std::logic_error beyond its end.
  void poke(std::uint64_t address, const std::vector<std::uint8_t>& bytes);
  std::vector<std::uint8_t> peek(std::uint64_t address, std::size_t bytes);

 protected:
  System(const sc_core::sc_module_name& name, const AcceleratorConfig& config, const MemorySettings& memory,
         std::uint64_t memory_bytes);

  /// Connects an accelerator with memory and driver.
  template <class Accelerator>
  void connect(Accelerator& accelerator) {
    accelerator.irq(irq_);
    accelerator.mem.bind(memory->target());
    driver.csr.bind(accelerator.csr);
    driver.irq(irq_);
  }

 private:
  void debug_access(tlm::tlm_command command, std::uint64_t address, std::uint8_t* bytes, std::size_t count);

  const sc_core::sc_time period_;
  sc_core::sc_signal<bool> irq_{"irq"};
};

}  // namespace bitbalance
