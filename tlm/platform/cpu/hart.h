// The processor: an RV64 hart behind a TLM-2.0 initiator, ahead of the kernel by a quantum at most. An
// instruction takes a clock period. What DMI grants is free beyond that; every other access is a transaction.
// Interrupts are taken between blocks of instructions, after the kernel has caught up, so that none is taken
// twice. DMI taken back is no longer used from the next block on, for good.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <cstdint>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

#include "tlm/platform/cpu/debugger.h"
#include "tlm/platform/cpu/emulator.h"

namespace bitbalance::cpu {

struct HartConfig {
  /// Addresses that a load or store may use; multiples of 4096.
  struct Region {
    std::uint64_t base = 0;
    std::uint64_t bytes = 0;
  };
  std::vector<Region> regions;
  std::uint64_t reset_address = 0;
  std::uint64_t boot_argument = 0;             ///< register a1 after reset; a0, the number of the hart, is 0
  sc_core::sc_time period{1, sc_core::SC_NS};  ///< of an instruction
  sc_core::sc_time access_latency{10, sc_core::SC_NS};  ///< of the way to the bus and back
};

class Hart : public sc_core::sc_module, private Surroundings, private DebugTarget {
 public:
  tlm_utils::simple_initiator_socket<Hart> bus{"bus"};
  sc_core::sc_in<bool> software_interrupt{"software_interrupt"};
  sc_core::sc_in<bool> timer_interrupt{"timer_interrupt"};
  sc_core::sc_in<bool> external_interrupt{"external_interrupt"};

  Hart(const sc_core::sc_module_name& name, const HartConfig& config);

  /// Before the simulation starts. Outlives the hart.
  void attach(Debugger& debugger) { debugger_ = &debugger; }

  std::uint64_t instructions() const { return emulator_.instructions(); }
  std::uint64_t interrupts_taken() const { return interrupts_taken_; }

 private:
  void run();
  void map_regions();
  void take_back(sc_dt::uint64 first, sc_dt::uint64 last);
  /// Until the debugger resumes: whether for a step.
  bool halt();
  void sleep();
  void take_trap(std::uint64_t cause, std::uint64_t value, std::uint64_t pc);

  bool budget_used() override;
  bool access(bool is_store, std::uint64_t address, unsigned bytes, std::uint64_t& value) override;

  std::uint64_t debug_register(unsigned index) const override;
  void set_debug_register(unsigned index, std::uint64_t value) override;
  std::vector<std::uint8_t> debug_read(std::uint64_t address, std::size_t bytes) override;
  bool debug_write(std::uint64_t address, const std::vector<std::uint8_t>& bytes) override;
  void set_breakpoint(std::uint64_t address, bool there) override {
    emulator_.set_breakpoint(address, there);
  }

  /// mip, as the lines are.
  std::uint64_t pending() const;
  /// The interrupt that would be taken now, as its bit in mip; 0: none.
  std::uint64_t deliverable() const;
  /// Brings the time of what ran since the last call to the quantum keeper.
  void account();
  /// Lets the kernel catch up.
  void sync();
  void renew_budget();

  const HartConfig config_;
  Debugger* debugger_ = nullptr;  ///< nullptr: nobody
  bool halt_ = false;             ///< the debugger asked for it
  Emulator emulator_;
  tlm_utils::tlm_quantumkeeper keeper_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> taken_back_;  ///< DMI: first and last, still in use
  std::uint64_t accounted_ = 0;                                      ///< instructions
  std::uint64_t interrupts_taken_ = 0;
  tlm::tlm_generic_payload transaction_;
};

}  // namespace bitbalance::cpu
