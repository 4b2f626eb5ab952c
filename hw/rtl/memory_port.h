// The `mem` initiator socket: sends the bursts of three channels (command, read, write), several outstanding
// on each, and returns the answers in order at clock edges. Between controller, load and store engine and the
// memory outside.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

#include "hw/isa/config.h"
#include "hw/port/burst_initiator.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel.h"
#include "hw/rtl/signal_list.h"

namespace bitbalance::rtl {

class MemoryPort : public BurstInitiator {
 public:
  struct Lane {
    Channel<MemoryRequest>& request;
    Channel<MemoryResponse>& response;
  };

  sc_core::sc_in<bool> clk;

  /// `lanes`: by MemoryChannel, in the order of their priority when the request phase was taken.
  MemoryPort(const sc_core::sc_module_name& name, const DramInterfaceConfig& config,
             const std::array<Lane, kMemoryChannels>& lanes);

  /// No transaction is under way. As of the last edge.
  bool idle() const;
  /// Answers given to the units so far: a sign of progress.
  std::uint64_t responses() const { return responses_; }
  /// What is still under way, in words: "read: 3 transactions, oldest at 0x1000"; empty when idle.
  std::string pending() const;
  void describe(SignalList& signals) const;

 private:
  struct ChannelState {
    explicit ChannelState(const Lane& channel_lane) : lane(channel_lane) {}
    Lane lane;
    std::vector<Transaction*> ring;  ///< in flight, in the order of requests; max_outstanding places
    std::uint32_t head = 0;
    std::uint32_t outstanding = 0;
  };

  void on_clock();
  void deliver(ChannelState& channel, std::uint64_t now);
  void issue(MemoryChannel which, ChannelState& channel);

  std::array<ChannelState, kMemoryChannels> channels_;
  std::uint64_t responses_ = 0;
  MemoryResponse response_;  ///< scratch
};

}  // namespace bitbalance::rtl
