// The `mem` initiator socket: sends the bursts of three channels (command, read, write), several outstanding
// on each, at the clock edges at which the clocked memory port does (docs/timing.md), and without a process
// that ticks. Between the transfers and the memory outside.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <systemc>

#include "base/ring.h"
#include "hw/isa/account/execution_observer.h"
#include "hw/isa/config.h"
#include "hw/port/burst_initiator.h"
#include "hw/timeline/bursts/burst_port.h"
#include "tlm/accelerator/dma/direct_memory.h"
#include "tlm/accelerator/edge_clock.h"

namespace bitbalance::tlm_level {

class MemoryPort : public sc_core::sc_module, public BurstInitiator {
 public:
  /// `sources`: by MemoryChannel, in the order of their priority when the request phase was taken.
  /// AcceleratorOptions::use_dmi: asks for DMI wherever an answer hints at it.
  MemoryPort(const sc_core::sc_module_name& name, const DramInterfaceConfig& config, const EdgeClock& clock,
             const std::array<BurstSource*, kMemoryChannels>& sources, const AcceleratorOptions& options);

  /// What bursts need not be sent for, as far as is known.
  const DirectMemory& direct_memory() const { return direct_memory_; }
  /// The channel's source may have another request.
  void wake(MemoryChannel channel);
  /// When bursts leave and answers are delivered.
  const BurstPort& bursts() const { return bursts_; }
  void set_observer(ExecutionObserver* observer) { bursts_.set_observer(observer); }
  /// What is still under way, in words; empty when nothing is.
  std::string pending() const;

 private:
  void on_edge();
  void notify();
  /// Sends the channel's next request, of an edge that lies ahead only when running ahead.
  void issue(MemoryChannel which, Edge edge);
  /// b_transport under a global quantum: the next request goes out before its time.
  void run_ahead(MemoryChannel which);
  void ask_for_direct_memory(const Transaction& transaction);
  void answered(Transaction& transaction) override;
  void revoke_direct_memory(std::uint64_t first, std::uint64_t last) override {
    direct_memory_.forget(first, last);
  }
  void request_phase_ended() override { notify(); }

  const EdgeClock& clock_;
  const bool use_dmi_;
  DirectMemory direct_memory_;
  BurstPort bursts_;
  std::array<Ring<Transaction*>, kMemoryChannels> unanswered_;  ///< in the order of requests
  sc_core::sc_event edge_event_;
  Edge planned_ = kNever;  ///< when edge_event_ comes
  bool at_edge_ = false;   ///< which ends with a notify()
};

}  // namespace bitbalance::tlm_level
