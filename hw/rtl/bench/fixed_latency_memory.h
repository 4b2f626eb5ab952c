// Stands for the memory port and the memory after it, for a load or a store engine alone.
#pragma once

#include <cstdint>
#include <functional>
#include <systemc>
#include <vector>

#include "hw/rtl/bench/names.h"
#include "hw/rtl/bundles.h"
#include "hw/rtl/channel/channel_port.h"
#include "hw/rtl/clock/clocked.h"

namespace bitbalance::bench {

/// Reads or writes `bytes`, which begin at address `base`. A request popped at edge k is answered at k +
/// latency, or later: answers leave in order, one an edge.
class FixedLatencyMemory : public Clocked {
 public:
  PopPort<MemoryRequest> in{"in"};
  PushPort<MemoryResponse> out{"out"};
  std::uint64_t base = 0;
  std::vector<std::uint8_t> bytes;
  std::int64_t latency = 10;                                                       ///< edges, >= 1
  std::function<bool(std::uint64_t)> fails = [](std::uint64_t) { return false; };  ///< by address
  std::vector<MemoryRequest> requests;
  std::vector<std::int64_t> requested_at, answered_at;

  FixedLatencyMemory(const sc_core::sc_module_name& name, bool writes) : Clocked(name), writes_(writes) {}

  void describe(SignalList& /*signals*/) const override {}

 private:
  void on_clock() override {
    if (answered_at.size() < requests.size() && out.can_push() &&
        edge() >= requested_at[answered_at.size()] + latency) {
      out.push(serve(requests[answered_at.size()]));
      answered_at.push_back(edge());
    }
    if (in.can_pop()) {
      requests.push_back(in.front());
      requested_at.push_back(edge());
      in.pop();
    }
  }
  void reset() override {
    requests.clear();
    requested_at.clear();
    answered_at.clear();
  }
  MemoryResponse serve(const MemoryRequest& request) {
    MemoryResponse response;
    response.bytes = request.bytes;
    response.error = fails(request.address);
    for (unsigned i = 0; i < request.bytes && !response.error; ++i) {
      if (writes_) {
        bytes.at(request.address - base + i) = request.data[i];
      } else {
        response.data[i] = bytes.at(request.address - base + i);
      }
    }
    return response;
  }

  const bool writes_;
};

}  // namespace bitbalance::bench
