// The accelerator in its smallest surroundings: memory and driver software. At one level of detail, or at two
// side by side on the same memory, one at a time. One per process, as SystemC elaborates once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "testbench/run/system/device.h"
#include "testbench/run/system/memory_switch.h"
#include "testbench/scenario/scenario.h"
#include "tlm/memory/memory_model.h"

namespace bitbalance::runner {

/// The levels of detail at which the accelerator is there.
struct SystemLevels {
  bool rtl = false;
  bool tlm = false;
};

class System : public sc_core::sc_module {
 public:
  const std::unique_ptr<MemoryModel> memory;

  System(const sc_core::sc_module_name& name, const Scenario& scenario, SystemLevels levels,
         std::uint64_t memory_bytes);

  /// Preconditions: the level is there.
  RtlDevice& rtl() { return *rtl_; }
  Device& device(Level level);
  /// Runs a program on that device until the driver is done; calls `tick` now and then. Returns why the
  /// accelerator stopped early; empty: it did not.
  std::string run(Level level, const ProgramRegions& regions, const std::function<void()>& tick);

  /// Told what every device does; nullptr: nobody.
  void set_observer(ExecutionObserver* observer);

  /// Of the clock since the simulation began.
  double cycles() const { return sc_core::sc_time_stamp() / period_; }
  /// Wall time inside the SystemC kernel.
  double simulate_s() const { return simulate_s_; }

  /// The accounts of all devices together since the last clear_profile().
  std::vector<LayerProfile> profile();
  void clear_profile();

  /// Memory as the test bench sees it: in no time. Throws std::logic_error beyond its end.
  void poke(std::uint64_t address, const std::vector<std::uint8_t>& bytes);
  std::vector<std::uint8_t> peek(std::uint64_t address, std::size_t bytes);

 private:
  std::vector<Device*> devices();
  void debug_access(tlm::tlm_command command, std::uint64_t address, std::uint8_t* bytes, std::size_t count);

  const sc_core::sc_time period_;
  double simulate_s_ = 0;
  std::unique_ptr<RtlDevice> rtl_;
  std::unique_ptr<TlmDevice> tlm_;
  std::unique_ptr<MemorySwitch> switch_;  ///< between two devices and the memory
};

}  // namespace bitbalance::runner
