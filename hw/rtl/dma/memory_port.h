// The `mem` initiator socket: sends the bursts of three channels (command, read, write), several outstanding
// on each, and returns the answers in order at clock edges. Between controller, load and store engine and the
// memory outside.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

#include "hw/isa/account/execution_observer.h"
#include "hw/isa/config.h"
#include "hw/port/burst_initiator.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel/channel_port.h"
#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

/// A reset forgets what is under way: its answers are awaited, as the protocol demands, and go to nobody.
class MemoryPort : public Clocked, public BurstInitiator, public virtual sc_core::sc_interface {
 public:
  struct Lane {
    explicit Lane(MemoryChannel channel);
    PopPort<MemoryRequest> requests;
    PushPort<MemoryResponse> responses;
  };

  /// By MemoryChannel, in the order of their priority when the request phase was taken.
  std::array<Lane, kMemoryChannels> lanes{
      {Lane(MemoryChannel::kCommand), Lane(MemoryChannel::kRead), Lane(MemoryChannel::kWrite)}};

  MemoryPort(const sc_core::sc_module_name& name, const DramInterfaceConfig& config,
             const AcceleratorOptions& options = {});

  /// The last edge before `edge` at which a unit was given an answer, a sign of progress; INT64_MIN: none.
  std::int64_t last_response_before(std::int64_t edge) const {
    return last_response_ < edge ? last_response_ : response_before_;
  }
  /// What is still under way, in words: "read: 3 transactions, oldest at 0x1000"; empty: none.
  std::string pending() const;
  void describe(SignalList& signals) const override;
  /// Told about bursts; nullptr: nobody.
  void set_observer(ExecutionObserver* observer) { observer_ = observer; }

 private:
  struct InFlight {
    std::vector<Transaction*> ring;  ///< in the order of requests; max_outstanding places
    std::uint32_t head = 0;
    std::uint32_t outstanding = 0;
  };

  void on_clock() override;
  void reset() override;
  void answered(Transaction& /*transaction*/) override { wake(); }
  void request_phase_ended() override { wake(); }
  void deliver(MemoryChannel which, std::uint64_t now);
  void retire(InFlight& channel);
  void issue(MemoryChannel which);
  bool is_blocked() const;

  std::array<InFlight, kMemoryChannels> channels_;
  ExecutionObserver* observer_ = nullptr;
  std::int64_t last_response_ = INT64_MIN, response_before_ = INT64_MIN;
};

}  // namespace bitbalance::rtl
