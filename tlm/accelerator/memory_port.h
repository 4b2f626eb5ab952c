// The `mem` initiator socket: turns the bursts of three channels (command, read, write) into TLM-2.0
// transactions, several outstanding on each, at the clock edges at which the clocked memory port does
// (docs/timing.md), and without a process that ticks. Between the transfers and the memory outside.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

#include "hw/core/config.h"
#include "hw/core/timeline/channel_timing.h"
#include "hw/port/memory_channel.h"
#include "tlm/accelerator/edge_clock.h"

namespace bitbalance::tlm_level {

struct BurstRequest {
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
  const std::uint8_t* data = nullptr;  ///< of a write
};

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

class MemoryPort : public sc_core::sc_module, public tlm::tlm_mm_interface {
 public:
  tlm_utils::simple_initiator_socket<MemoryPort> socket;

  /// `sources`: by MemoryChannel, in the order of their priority when the request phase was taken.
  MemoryPort(const sc_core::sc_module_name& name, const DramInterfaceConfig& config, const EdgeClock& clock,
             const std::array<BurstSource*, kMemoryChannels>& sources);
  ~MemoryPort() override;

  /// The channel's source may have another request.
  void wake(MemoryChannel channel);
  /// Edges of the last request sent and of the one before.
  Edge last_sent(MemoryChannel channel) const { return state(channel).sent; }
  Edge sent_before(MemoryChannel channel) const { return state(channel).sent_before; }
  /// Last edge up to `limit` at which an answer is delivered: a sign of progress.
  Edge last_delivery(Edge limit) const;
  /// What is still under way, in words; empty when nothing is.
  std::string pending() const;

 private:
  /// Payload, data and account of one transaction. Comes from a pool and goes back when nobody holds a
  /// reference.
  struct Transaction;

  static constexpr Edge kLongAgo = -4;

  struct ChannelState {
    BurstSource* source = nullptr;
    std::deque<Transaction*> unanswered;  ///< in the order of requests
    std::vector<Edge> delivered;          ///< of the last max_outstanding requests, a ring; kNever: not yet
    Edge delivered_before = kLongAgo;     ///< of the request before these
    std::size_t oldest = 0;
    std::size_t next_delivery = 0;  ///< place of the oldest without an answer
    Edge sent = kLongAgo, sent_before = kLongAgo, last_delivered = kLongAgo;
    Edge push = kNever;                       ///< of the next request
    Edge send = kNever;                       ///< first edge at which it can be sent
    std::unique_ptr<sc_core::sc_event> call;  ///< b_transport only: wakes the channel's thread
  };

  ChannelState& state(MemoryChannel c) { return channels_[static_cast<std::size_t>(c)]; }
  const ChannelState& state(MemoryChannel c) const { return channels_[static_cast<std::size_t>(c)]; }

  void on_edge();
  void plan(ChannelState& channel);
  void notify();
  void issue(MemoryChannel which);
  void send(Transaction& transaction);
  void answered(Transaction& transaction, std::uint64_t time);
  bool request_phase_is_free() const;
  /// b_transport only: one thread a channel.
  void serve(MemoryChannel which);

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  Transaction& take_from_pool(MemoryChannel which);
  void free(tlm::tlm_generic_payload* payload) override;

  const DramInterfaceConfig config_;
  const EdgeClock& clock_;
  std::array<ChannelState, kMemoryChannels> channels_;
  std::vector<std::unique_ptr<Transaction>> all_;
  std::vector<Transaction*> pool_;
  sc_core::sc_event edge_event_;
  Edge planned_ = kNever;  ///< when edge_event_ comes
  // The base protocol's exclusion rule: one request phase at a time.
  Transaction* requesting_ = nullptr;  ///< BEGIN_REQ sent, END_REQ not yet seen
  /// Time of the last END_REQ, where it was not the time of its BEGIN_REQ.
  std::uint64_t request_phase_end_ = 0;
  bool request_phase_ended_late_ = false;  ///< request_phase_end_ counts
};

}  // namespace bitbalance::tlm_level
