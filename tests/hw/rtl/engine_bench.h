// What the tests of single units need around them: a clock, sources and sinks of channels that note the edge
// of each transfer, and a memory that answers after a fixed number of edges.
#pragma once

#include <catch2/catch.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "hw/rtl/bundles.h"
#include "hw/rtl/channel.h"
#include "hw/rtl/completion.h"
#include "hw/rtl/stall.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

inline sc_core::sc_time clock_period() {
  return {1, sc_core::SC_NS};
}
/// Number of the current clock edge; the first is 0.
inline std::int64_t edge() {
  return static_cast<std::int64_t>(sc_core::sc_time_stamp().value() / clock_period().value());
}

/// Pushes what is queued, one item an edge.
template <class T>
class Source : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk;
  std::deque<T> queue;
  std::vector<std::int64_t> pushed_at;  ///< edges

  Source(const sc_core::sc_module_name& name, Channel<T>& channel)
      : sc_module(name), clk("clk"), channel_(channel) {
    SC_HAS_PROCESS(Source);
    SC_METHOD(on_clock);
    sensitive << clk.pos();
    dont_initialize();
  }

 private:
  void on_clock() {
    if (queue.empty() || !channel_.can_push()) return;
    channel_.push(queue.front());
    queue.pop_front();
    pushed_at.push_back(edge());
  }
  Channel<T>& channel_;
};

/// Takes what comes, one item an edge.
template <class T>
class Sink : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk;
  std::vector<T> received;
  std::vector<std::int64_t> received_at;  ///< edges: one after the push where nothing stalls

  Sink(const sc_core::sc_module_name& name, Channel<T>& channel)
      : sc_module(name), clk("clk"), channel_(channel) {
    SC_HAS_PROCESS(Sink);
    SC_METHOD(on_clock);
    sensitive << clk.pos();
    dont_initialize();
  }

 private:
  void on_clock() {
    if (!channel_.can_pop()) return;
    received.push_back(channel_.front());
    received_at.push_back(edge());
    channel_.pop();
  }
  Channel<T>& channel_;
};

/// Reads or writes `bytes`, which begin at address `base`. A request popped at edge k is answered at k +
/// latency, or later: answers leave in order, one an edge.
class FixedLatencyMemory : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk;
  std::uint64_t base = 0;
  std::vector<std::uint8_t> bytes;
  std::int64_t latency = 10;                                                       ///< edges, >= 1
  std::function<bool(std::uint64_t)> fails = [](std::uint64_t) { return false; };  ///< by address
  std::vector<MemoryRequest> requests;
  std::vector<std::int64_t> requested_at, answered_at;

  FixedLatencyMemory(const sc_core::sc_module_name& name, Channel<MemoryRequest>& in,
                     Channel<MemoryResponse>& out, bool writes)
      : sc_module(name), clk("clk"), in_(in), out_(out), writes_(writes) {
    SC_HAS_PROCESS(FixedLatencyMemory);
    SC_METHOD(on_clock);
    sensitive << clk.pos();
    dont_initialize();
  }

 private:
  void on_clock() {
    if (answered_at.size() < requests.size() && out_.can_push() &&
        edge() >= requested_at[answered_at.size()] + latency) {
      out_.push(serve(requests[answered_at.size()]));
      answered_at.push_back(edge());
    }
    if (in_.can_pop()) {
      requests.push_back(in_.front());
      requested_at.push_back(edge());
      in_.pop();
    }
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

  Channel<MemoryRequest>& in_;
  Channel<MemoryResponse>& out_;
  const bool writes_;
};

/// Clock and stalls of a design of one unit.
class Bench {
 public:
  sc_core::sc_clock clock{"clock", clock_period()};

  /// Lets time pass until `done` holds; false if that takes more than `limit` edges.
  template <class Done>
  bool run_until(const Done& done, std::int64_t limit = 100000) {
    for (std::int64_t i = 0; i < limit && !done(); ++i) sc_core::sc_start(clock_period());
    return done();
  }
  template <class T>
  void stall(Channel<T>& channel, unsigned percent) {
    stalls_.push_back(std::make_unique<Stall>(stalls_.size() + 1, percent, clock_period()));
    channel.set_stall(stalls_.back().get());
  }

 private:
  std::vector<std::unique_ptr<Stall>> stalls_;
};

/// Deterministic bytes that look random.
inline std::vector<std::uint8_t> noise(std::size_t size, std::uint32_t seed = 1) {
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t& byte : bytes) {
    seed = seed * 1664525u + 1013904223u;
    byte = static_cast<std::uint8_t>(seed >> 24);
  }
  return bytes;
}

}  // namespace bitbalance::rtl::test
