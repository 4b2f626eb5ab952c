// The `mem` initiator socket: sends the bursts of three channels (command, read, write), several outstanding
// on each, at the clock edges at which the clocked memory port does (docs/timing.md), and without a process
// that ticks. Between the transfers and the memory outside.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <systemc>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/isa/account/execution_observer.h"
#include "hw/isa/config.h"
#include "hw/isa/transfer/channel_timing.h"
#include "hw/port/burst_initiator.h"
#include "tlm/accelerator/dma/direct_memory.h"
#include "tlm/accelerator/edge_clock.h"

namespace bitbalance::tlm_level {

struct BurstAnswer {
  bool error = false;
  const std::uint8_t* data = nullptr;  ///< of a read; valid during the call
};

/// A unit that pushes requests into a channel and pops the answers.
class BurstSource {
 public:
  virtual ~BurstSource() = default;
  /// Edge at which the next request is pushed when the channel has room from `room` on; kNever: there is
  /// none, or an answer decides.
  virtual Edge push_edge(Edge room) const = 0;
  /// The next request; it was pushed at `edge`.
  virtual BurstRequest push(Edge edge) = 0;
  /// The oldest request's answer; popped at `edge`, which lies in the future.
  virtual void answer(const BurstAnswer& answer, Edge edge) = 0;
  /// All requests have been answered, and what is known asks for no more.
  virtual void settle() {}
};

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
  /// Edges of the last request sent and of the one before.
  Edge last_sent(MemoryChannel channel) const { return state(channel).sent; }
  Edge sent_before(MemoryChannel channel) const { return state(channel).sent_before; }
  /// Last edge up to `limit` at which an answer is delivered: a sign of progress.
  Edge last_delivery(Edge limit) const;
  void set_observer(ExecutionObserver* observer) { observer_ = observer; }
  /// What is still under way, in words; empty when nothing is.
  std::string pending() const;

 private:
  static constexpr Edge kLongAgo = -4;

  struct ChannelState {
    BurstSource* source = nullptr;
    std::deque<Transaction*> unanswered;  ///< in the order of requests
    std::vector<Edge> delivered;          ///< of the last max_outstanding requests, a ring; kNever: not yet
    Edge delivered_before = kLongAgo;     ///< of the request before these
    std::size_t oldest = 0;
    std::size_t next_delivery = 0;  ///< place of the oldest without an answer
    Edge sent = kLongAgo, sent_before = kLongAgo, last_delivered = kLongAgo;
    Edge push = kNever;  ///< of the next request
    Edge send = kNever;  ///< first edge at which it can be sent
  };

  ChannelState& state(MemoryChannel c) { return channels_[enum_index(c)]; }
  const ChannelState& state(MemoryChannel c) const { return channels_[enum_index(c)]; }

  void on_edge();
  void plan(ChannelState& channel);
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
  ExecutionObserver* observer_ = nullptr;
  DirectMemory direct_memory_;
  std::array<ChannelState, kMemoryChannels> channels_;
  sc_core::sc_event edge_event_;
  Edge planned_ = kNever;  ///< when edge_event_ comes
  bool at_edge_ = false;   ///< which ends with a notify()
};

}  // namespace bitbalance::tlm_level
