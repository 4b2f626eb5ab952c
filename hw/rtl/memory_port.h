// The `mem` initiator socket: turns the bursts of three channels (command, read, write) into TLM-2.0
// transactions, several outstanding on each, and returns the answers in order at clock edges. Between
// controller, load and store engine and the memory outside.
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
#include "hw/port/memory_channel.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

class MemoryPort : public sc_core::sc_module, public tlm::tlm_mm_interface {
 public:
  struct Lane {
    Channel<MemoryRequest>& request;
    Channel<MemoryResponse>& response;
  };

  sc_core::sc_in<bool> clk;
  tlm_utils::simple_initiator_socket<MemoryPort> socket;

  /// `lanes`: by MemoryChannel, in the order of their priority when the request phase was taken.
  MemoryPort(const sc_core::sc_module_name& name, const DramInterfaceConfig& config,
             const std::array<Lane, kMemoryChannels>& lanes);
  ~MemoryPort() override;

  /// No transaction is under way. As of the last edge.
  bool idle() const;
  /// Answers given to the units so far: a sign of progress.
  std::uint64_t responses() const { return responses_; }
  /// What is still under way, in words: "read: 3 transactions, oldest at 0x1000"; empty when idle.
  std::string pending() const;
  void describe(SignalList& signals) const;

 private:
  /// Payload, data and account of one transaction. Comes from a pool and goes back when nobody holds a
  /// reference.
  struct Transaction;

  struct ChannelState {
    explicit ChannelState(const Lane& channel_lane) : lane(channel_lane) {}
    Lane lane;
    std::vector<Transaction*> ring;  ///< in flight, in the order of requests; max_outstanding places
    std::uint32_t head = 0;
    std::uint32_t outstanding = 0;
    std::unique_ptr<sc_core::sc_event> call;  ///< b_transport only: wakes the channel's thread
  };

  void on_clock();
  void deliver(ChannelState& channel, std::uint64_t now);
  void issue(MemoryChannel which, ChannelState& channel);
  void send(Transaction& transaction);
  bool request_phase_is_free() const;
  /// b_transport only: one thread a channel.
  void serve(MemoryChannel which);

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  Transaction& take_from_pool(MemoryChannel which);
  void free(tlm::tlm_generic_payload* payload) override;

  const DramInterfaceConfig config_;
  std::array<ChannelState, kMemoryChannels> channels_;
  std::vector<std::unique_ptr<Transaction>> all_;
  std::vector<Transaction*> pool_;
  // The base protocol's exclusion rule: one request phase at a time.
  Transaction* requesting_ = nullptr;  ///< BEGIN_REQ sent, END_REQ not yet seen
  std::uint64_t request_phase_end_ =
      0;  ///< time of the last END_REQ, where it was not the time of its BEGIN_REQ
  bool request_phase_ended_late_ = false;  ///< request_phase_end_ counts
  std::uint64_t responses_ = 0;
  MemoryResponse response_;  ///< scratch
};

}  // namespace bitbalance::rtl
