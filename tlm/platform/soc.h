// The platform but for its processor: bus, memories, devices and accelerators, at the addresses of
// memory_map.h.
#pragma once

#include <functional>
#include <memory>
#include <systemc>
#include <vector>

#include "tlm/adapter/address_router.h"
#include "tlm/adapter/any_accelerator.h"
#include "tlm/memory/memory_model.h"
#include "tlm/platform/clint.h"
#include "tlm/platform/elf_file.h"
#include "tlm/platform/finisher.h"
#include "tlm/platform/memory_map.h"
#include "tlm/platform/plic.h"
#include "tlm/platform/ram.h"
#include "tlm/platform/uart.h"

namespace bitbalance::platform {

struct SocAccelerator {
  AcceleratorConfig config;
  AnyAcceleratorOptions options;
};

struct SocConfig {
  std::vector<SocAccelerator> accelerators;  ///< 1..PLATFORM_MAX_ACCELERATORS
  bool dmi = true;                           ///< what RAM grants; flash always does, for code runs from there
  std::uint64_t dram_bytes = 0;              ///< of the memory given
};

class Soc : public sc_core::sc_module {
 public:
  AddressRouter bus{"bus"};  ///< accelerators are initiators 0..; the processor is to be bound next
  sc_core::sc_signal<bool> software_interrupt{"software_interrupt"};
  sc_core::sc_signal<bool> timer_interrupt{"timer_interrupt"};
  sc_core::sc_signal<bool> external_interrupt{"external_interrupt"};
  Finisher finisher{"finisher"};

  /// `dram`: outlives this. `transmitted`: told each character of the terminal.
  Soc(const sc_core::sc_module_name& name, const SocConfig& config, MemoryModel& dram,
      std::function<void(char)> transmitted);

  /// Throws std::invalid_argument when a segment fits neither flash nor RAM, or the entry is not the reset
  /// address.
  void load(const ElfFile& program);
  const AnyAccelerator& accelerator(std::size_t index) const { return *accelerators_[index]; }
  /// Interrupt lines, and what the bus does.
  void trace(sc_core::sc_trace_file* file) const override;

  struct Region {
    std::uint64_t base, bytes;
  };
  /// What a processor may address.
  const std::vector<Region>& regions() const { return regions_; }

 private:
  template <class Socket>
  void attach(const char* name, std::uint64_t base, std::uint64_t bytes, Socket& socket, int ports = 1);

  /// Of each accelerator, be it there or not.
  sc_core::sc_vector<sc_core::sc_signal<bool>> accelerator_interrupts_{"accelerator_interrupt",
                                                                       PLATFORM_MAX_ACCELERATORS};
  Uart uart_;
  Clint clint_;
  Plic plic_;
  Ram flash_;
  Ram ram_;
  std::vector<std::unique_ptr<AnyAccelerator>> accelerators_;
  std::vector<Region> regions_;
};

}  // namespace bitbalance::platform
