// Core-local interrupts of one hart, as the RISC-V privileged specification and SiFive's memory map have
// them: msip, mtimecmp, and mtime, which counts simulated time.
#pragma once

#include <deque>

#include "tlm/platform/memory_map.h"
#include "tlm/platform/register_device.h"

namespace bitbalance::platform {

class Clint : public RegisterDevice {
 public:
  static constexpr std::uint64_t kMsip = PLATFORM_CLINT_MSIP;
  static constexpr std::uint64_t kMtimecmp = PLATFORM_CLINT_MTIMECMP;
  static constexpr std::uint64_t kMtime = PLATFORM_CLINT_MTIME;  ///< read-only: the simulation's time

  sc_core::sc_out<bool> software_interrupt{"software_interrupt"};
  sc_core::sc_out<bool> timer_interrupt{"timer_interrupt"};

  /// `tick`: of mtime.
  Clint(const sc_core::sc_module_name& name, const sc_core::sc_time& tick);

 private:
  std::optional<std::uint32_t> read(std::uint64_t offset, unsigned bytes,
                                    const sc_core::sc_time& delay) override;
  bool write(std::uint64_t offset, unsigned bytes, std::uint32_t value, sc_core::sc_time& delay) override;
  std::uint64_t mtime(const sc_core::sc_time& delay) const;
  /// Drives the lines; plans the moment of the next write or at which mtime reaches mtimecmp.
  void update();

  const sc_core::sc_time tick_;
  /// What has been written, up to a time.
  struct Registers {
    sc_core::sc_time from;
    bool software = false;
    std::uint64_t compare = ~std::uint64_t{0};
  };
  Registers written_;              ///< what the bus reads
  std::deque<Registers> to_come_;  ///< of writes that lie ahead, by time
  Registers shown_;                ///< what the lines follow
  sc_core::sc_event update_event_;
};

}  // namespace bitbalance::platform
