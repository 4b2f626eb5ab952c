// A timed memory and TLM-2.0 initiators that end their responses in every way, each behind a protocol
// checker.
#pragma once

#include <fmt/format.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "tests/tlm/dram/presets.h"
#include "tlm/check/protocol_checker.h"
#include "tlm/dram/timed_memory.h"

namespace bitbalance::dram::test {

using sc_core::sc_time;

/// How an initiator ends a response phase. kWithin: by a call from within the target's.
enum class EndResponse { kCompleted, kUpdated, kLater, kWithin, kTwice };

struct Payload : tlm::tlm_generic_payload {
  using tlm_generic_payload::tlm_generic_payload;
  std::vector<unsigned char> data = std::vector<unsigned char>(256);
  sc_time answered;
  bool is_answered = false;
};

struct Initiator : sc_core::sc_module, tlm::tlm_mm_interface {
  tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};
  EndResponse end_response = EndResponse::kCompleted;
  sc_time end_delay;
  std::vector<std::unique_ptr<Payload>> payloads;
  int references_left = 0;
  tlm::tlm_generic_payload* responding = nullptr;
  sc_core::sc_event end_event;

  explicit Initiator(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_HAS_PROCESS(Initiator);
    socket.register_nb_transport_bw(this, &Initiator::nb_transport_bw);
    SC_METHOD(send_end);
    sensitive << end_event;
    dont_initialize();
  }
  Payload& prepare(tlm::tlm_command command, std::uint64_t address, unsigned length = 64) {
    payloads.push_back(std::make_unique<Payload>(this));
    Payload& p = *payloads.back();
    p.set_command(command);
    p.set_address(address);
    p.set_data_ptr(p.data.data());
    p.set_data_length(length);
    p.set_streaming_width(length);
    return p;
  }
  void send(Payload& p, const sc_time& ahead = {}) {
    p.acquire();
    ++references_left;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_time delay = ahead;
    // The request phase ends at once: reads and writes never block one another.
    CHECK(socket->nb_transport_fw(p, phase, delay) == tlm::TLM_UPDATED);
    CHECK(phase == tlm::END_REQ);
    CHECK(delay == ahead);
  }
  Payload& read(std::uint64_t address) {
    Payload& p = prepare(tlm::TLM_READ_COMMAND, address);
    send(p);
    return p;
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_time& delay) {
    CHECK(phase == tlm::BEGIN_RESP);
    CHECK(responding == nullptr);  // one response phase at a time
    CHECK(delay == sc_core::SC_ZERO_TIME);
    auto& p = static_cast<Payload&>(payload);
    CHECK_FALSE(p.is_answered);
    p.is_answered = true;
    p.answered = sc_core::sc_time_stamp();
    p.release();
    if (end_response == EndResponse::kLater) {
      responding = &payload;
      end_event.notify(end_delay);
      return tlm::TLM_ACCEPTED;
    }
    if (end_response == EndResponse::kWithin || end_response == EndResponse::kTwice) {
      tlm::tlm_phase end = tlm::END_RESP;
      sc_time ahead = end_delay;
      CHECK(socket->nb_transport_fw(payload, end, ahead) == tlm::TLM_COMPLETED);
      return end_response == EndResponse::kTwice ? tlm::TLM_COMPLETED : tlm::TLM_ACCEPTED;
    }
    delay = end_delay;
    if (end_response == EndResponse::kCompleted) return tlm::TLM_COMPLETED;
    phase = tlm::END_RESP;
    return tlm::TLM_UPDATED;
  }
  void send_end() {
    tlm::tlm_generic_payload& payload = *responding;
    responding = nullptr;
    tlm::tlm_phase phase = tlm::END_RESP;
    sc_time delay;
    CHECK(socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_COMPLETED);
  }
  void free(tlm::tlm_generic_payload* payload) override {
    payload->reset();
    --references_left;
  }
};

inline constexpr std::uint64_t kBytes = 1 << 20;

inline void run_ns(std::uint64_t ns) {
  if (ns > 0) sc_core::sc_start(sc_time(static_cast<double>(ns), sc_core::SC_NS));
}

struct MemoryBench {
  explicit MemoryBench(const Config& config = ddr3(), int count = 1) : memory("memory", config, kBytes) {
    for (int i = 0; i < count; ++i) {
      initiators.push_back(std::make_unique<Initiator>(fmt::format("initiator{}", i).c_str()));
      checkers.push_back(std::make_unique<ProtocolChecker>(fmt::format("checker{}", i).c_str()));
      initiators.back()->socket.bind(checkers.back()->target);
      checkers.back()->initiator.bind(memory.target());
    }
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  /// Every test is one of the base protocol, too.
  ~MemoryBench() {
    for (const auto& checker : checkers) CHECK(checker->text() == expected_violations);
  }
  MemoryBench(const MemoryBench&) = delete;
  MemoryBench& operator=(const MemoryBench&) = delete;

  Initiator& initiator(std::size_t i = 0) { return *initiators[i]; }

  TimedMemory memory;
  std::vector<std::unique_ptr<Initiator>> initiators;
  std::vector<std::unique_ptr<ProtocolChecker>> checkers;
  std::string expected_violations;
};

/// One blocking call in a thread of its own.
struct BlockingCall {
  BlockingCall(Initiator& initiator, Payload& payload, const sc_time& ahead) : delay(ahead) {
    sc_core::sc_spawn([this, &initiator, &payload] {
      payload.acquire();
      ++initiator.references_left;
      initiator.socket->b_transport(payload, delay);
      payload.release();
      returned = sc_core::sc_time_stamp();
    });
  }
  sc_time delay, returned;
};

inline Config with_latencies() {
  Config c = ddr3();
  c.controller.request_latency_ps = 10'000;
  c.controller.response_latency_ps = 10'000;
  return c;
}

}  // namespace bitbalance::dram::test
