#include <tlm_utils/simple_target_socket.h>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "hw/rtl/dma/memory_port.h"
#include "tests/hw/rtl/engine_bench.h"
#include "tlm/check/protocol_checker.h"
#include "tlm/memory/ideal_memory.h"
#include "tlm/memory/random_latency_memory.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;
using sc_core::SC_NS;
using sc_core::sc_time;

namespace {

constexpr std::size_t kCommand = 0, kRead = 1, kWrite = 2;

/// A memory port whose channels are fed and emptied by the test.
struct PortBench : Bench {
  struct Lane {
    explicit Lane(const std::string& name)
        : request((name + "_request").c_str()),
          response((name + "_response").c_str()),
          source((name + "_source").c_str(), request),
          sink((name + "_sink").c_str(), response) {}
    Channel<MemoryRequest> request;
    Channel<MemoryResponse> response;
    Source<MemoryRequest> source;
    Sink<MemoryResponse> sink;
  };
  std::array<Lane, kMemoryChannels> lanes{Lane("command"), Lane("read"), Lane("write")};
  MemoryPort port;
  ProtocolChecker checker{"checker"};

  explicit PortBench(const DramInterfaceConfig& config = {}) : port("port", config) {
    attach(port);
    port.socket.bind(checker.target);
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      attach(lanes[lane].source, lanes[lane].sink);
      port.lanes[lane].requests(lanes[lane].request);
      port.lanes[lane].responses(lanes[lane].response);
    }
  }
  ~PortBench() { CHECK(checker.text() == ""); }
  void queue(std::size_t lane, std::uint64_t address, unsigned bytes = 64, std::uint8_t fill = 0) {
    MemoryRequest request;
    request.address = address;
    request.bytes = static_cast<std::uint16_t>(bytes);
    request.data.fill(fill);
    lanes[lane].source.queue.push_back(request);
  }
  bool run(std::size_t lane, std::size_t responses) {
    return run_until([&] { return lanes[lane].sink.received.size() >= responses; });
  }
};

struct IdealBench : PortBench {
  explicit IdealBench(const DramInterfaceConfig& dram = {}, const IdealMemoryConfig& config = memory_config())
      : PortBench(dram), memory("memory", config) {
    checker.initiator.bind(memory.socket);
  }
  static IdealMemoryConfig memory_config() {
    IdealMemoryConfig config;
    config.bytes = 1 << 16;
    return config;
  }
  IdealMemory memory;
};

/// Takes requests one at a time and ends each request phase after a while; answers after that.
struct SlowAccept : sc_core::sc_module {
  tlm_utils::simple_target_socket<SlowAccept> socket{"socket"};
  sc_time accept_after, answer_after;
  bool keeps_references = false;
  std::vector<MemoryChannel> order;
  std::vector<std::int64_t> begun_at;
  std::vector<std::pair<tlm::tlm_generic_payload*, sc_time>> waiting;
  tlm::tlm_generic_payload* requesting = nullptr;
  sc_core::sc_event end_request;

  SlowAccept(const sc_core::sc_module_name& name, const sc_time& accept, const sc_time& answer)
      : sc_module(name), accept_after(accept), answer_after(answer) {
    SC_HAS_PROCESS(SlowAccept);
    socket.register_nb_transport_fw(this, &SlowAccept::nb_transport_fw);
    SC_METHOD(on_end_request);
    sensitive << end_request;
    dont_initialize();
  }
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase&, sc_time&) {
    CHECK(requesting == nullptr);
    requesting = &payload;
    payload.acquire();
    order.push_back(channel_of(payload));
    begun_at.push_back(edge());
    end_request.notify(accept_after);
    return tlm::TLM_ACCEPTED;
  }
  void on_end_request() {
    tlm::tlm_generic_payload& payload = *requesting;
    requesting = nullptr;
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_time delay;
    socket->nb_transport_bw(payload, phase, delay);
    phase = tlm::BEGIN_RESP;
    delay = answer_after;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    CHECK(socket->nb_transport_bw(payload, phase, delay) == tlm::TLM_UPDATED);
    if (!keeps_references) payload.release();
  }
};

}  // namespace

TEST_CASE("an answer is passed on at the first edge strictly later than its time") {
  IdealBench bench;
  bench.memory.data()[64] = 7;
  bench.queue(kRead, 64);
  // Pushed at 0, issued at 1, answered at time 1 + 5 + 50 = 56, passed on at 57, taken at 58.
  REQUIRE(bench.run(kRead, 1));
  CHECK(bench.lanes[kRead].sink.received_at[0] == 58);
  CHECK(bench.lanes[kRead].sink.received[0].data[0] == 7);
  CHECK(bench.lanes[kRead].sink.received[0].bytes == 64);
  CHECK_FALSE(bench.lanes[kRead].sink.received[0].error);
  CHECK(bench.port.pending().empty());
}

TEST_CASE("an answer between two edges is passed on at the second") {
  IdealMemoryConfig config = IdealBench::memory_config();
  config.bytes_per_cycle_numerator = 63;  // 64 bytes take 5 * 64 / 63 = 5.08 cycles
  IdealBench bench({}, config);
  bench.queue(kRead, 64);
  REQUIRE(bench.run(kRead, 1));
  CHECK(bench.lanes[kRead].sink.received_at[0] == 58);
}

TEST_CASE("a train of bursts arrives at the memory's exact rate") {
  IdealMemoryConfig config = IdealBench::memory_config();
  config.bytes_per_cycle_numerator = 100;
  config.bytes_per_cycle_denominator = 7;
  DramInterfaceConfig dram;
  dram.max_outstanding = 64;
  IdealBench bench(dram, config);
  constexpr std::int64_t kBursts = 500;
  for (std::int64_t i = 0; i < kBursts; ++i) bench.queue(kRead, static_cast<std::uint64_t>(64 * i));
  REQUIRE(bench.run(kRead, kBursts));
  // 4.48 cycles a burst from time 1 on, never starved: burst i is complete at 1 + 4.48 (i + 1), answered 50
  // later.
  for (std::int64_t i = 0; i < kBursts; ++i) {
    const std::int64_t answer_whole = 1 + (64 * 7 * (i + 1)) / 100 + 50;
    CHECK(bench.lanes[kRead].sink.received_at[i] == answer_whole + 2);
  }
}

TEST_CASE("the three channels do not slow each other at the ideal memory") {
  IdealBench bench;
  for (std::size_t lane : {kCommand, kRead, kWrite}) bench.queue(lane, 64 * lane, 64, 5);
  REQUIRE(bench.run(kWrite, 1));
  for (const auto& lane : bench.lanes) CHECK(lane.sink.received_at == std::vector<std::int64_t>{58});
  CHECK(bench.memory.data()[64 * kWrite] == 5);
}

TEST_CASE("no more transactions are outstanding than the limit, and an answer makes room at once") {
  DramInterfaceConfig dram;
  dram.max_outstanding = 2;
  IdealBench bench(dram);
  for (unsigned i = 0; i < 3; ++i) bench.queue(kRead, 64 * i);
  REQUIRE(bench.run(kRead, 3));
  // The third is issued at 57, when the first answer is passed on: 57 + 55 = 112, passed on at 113.
  CHECK(bench.lanes[kRead].sink.received_at == std::vector<std::int64_t>{58, 63, 114});
}

TEST_CASE("b_transport only: one transaction at a time on each channel, with the same rounding") {
  DramInterfaceConfig dram;
  dram.use_nb_transport = false;
  IdealBench bench(dram);
  for (unsigned i = 0; i < 2; ++i) bench.queue(kRead, 64 * i);
  bench.queue(kWrite, 0, 16, 3);
  REQUIRE(bench.run(kRead, 2));
  CHECK(bench.lanes[kRead].sink.received_at == std::vector<std::int64_t>{58, 58 + 56});
  CHECK(bench.lanes[kWrite].sink.received_at.size() == 1);
  CHECK(bench.memory.data()[15] == 3);
}

TEST_CASE("an error status reaches the unit") {
  IdealBench bench;
  bench.queue(kRead, 1 << 16);
  bench.queue(kRead, 0);
  REQUIRE(bench.run(kRead, 2));
  CHECK(bench.lanes[kRead].sink.received[0].error);
  CHECK_FALSE(bench.lanes[kRead].sink.received[1].error);
}

TEST_CASE("one request phase at a time: command before read before write, after the edge of END_REQ") {
  PortBench bench;
  SlowAccept target("target", sc_time(10, SC_NS), sc_time(20, SC_NS));
  bench.checker.initiator.bind(target.socket);
  for (std::size_t lane : {kWrite, kRead, kCommand}) {
    bench.queue(lane, 0);
    bench.queue(lane, 64);
  }
  REQUIRE(bench.run(kWrite, 2));
  using M = MemoryChannel;
  CHECK(target.order == std::vector<M>{M::kCommand, M::kCommand, M::kRead, M::kRead, M::kWrite, M::kWrite});
  CHECK(target.begun_at == std::vector<std::int64_t>{1, 12, 23, 34, 45, 56});
  // Answered at 1 + 10 + 20 = 31, passed on at 32, taken at 33.
  CHECK(bench.lanes[kCommand].sink.received_at == std::vector<std::int64_t>{33, 44});
}

TEST_CASE("a target that never lets go of its transactions is served on") {
  DramInterfaceConfig dram;
  dram.max_outstanding = 2;
  PortBench bench(dram);
  SlowAccept target("target", sc_time(1, SC_NS), sc_time(3, SC_NS));
  target.keeps_references = true;
  bench.checker.initiator.bind(target.socket);
  for (unsigned i = 0; i < 40; ++i) bench.queue(kRead, 64 * i);
  CHECK(bench.run(kRead, 40));
}

TEMPLATE_TEST_CASE_SIG("any base-protocol target and any stalls: every channel's data in order", "",
                       ((bool nb, std::uint64_t seed), nb, seed), (true, 1), (true, 2), (true, 3), (true, 4),
                       (true, 5), (false, 1), (false, 2)) {
  RandomLatencyMemoryConfig config;
  config.bytes = 1 << 16;
  config.seed = seed;
  DramInterfaceConfig dram;
  dram.use_nb_transport = nb;
  PortBench bench(dram);
  RandomLatencyMemory memory("memory", config);
  bench.checker.initiator.bind(memory.socket);
  for (PortBench::Lane& lane : bench.lanes) {
    bench.stall(lane.request, 30);
    bench.stall(lane.response, 30);
  }
  constexpr std::size_t kBursts = 200;
  for (std::size_t i = 0; i < memory.data().size(); ++i) memory.data()[i] = static_cast<std::uint8_t>(i / 64);
  for (std::size_t i = 0; i < kBursts; ++i) {
    bench.queue(kCommand, 64 * i);
    bench.queue(kRead, 64 * (kBursts + i));
    bench.queue(kWrite, 64 * (2 * kBursts + i), static_cast<unsigned>(1 + i % 64),
                static_cast<std::uint8_t>(~i));
  }
  for (std::size_t lane : {kCommand, kRead, kWrite}) REQUIRE(bench.run(lane, kBursts));
  for (std::size_t i = 0; i < kBursts; ++i) {
    CHECK(bench.lanes[kCommand].sink.received[i].data[5] == static_cast<std::uint8_t>(i));
    CHECK(bench.lanes[kRead].sink.received[i].data[63] == static_cast<std::uint8_t>(kBursts + i));
    CHECK(bench.lanes[kWrite].sink.received[i].bytes == 1 + i % 64);
    CHECK(memory.data()[64 * (2 * kBursts + i) + i % 64] == static_cast<std::uint8_t>(~i));
  }
  CHECK(memory.transactions() == 3 * kBursts);
  CHECK(bench.port.pending().empty());
}

TEST_CASE("injected errors are answered to the very request") {
  RandomLatencyMemoryConfig config;
  config.bytes = 1 << 14;
  config.error_begin = 64 * 7;
  config.error_end = 64 * 8;
  PortBench bench;
  RandomLatencyMemory memory("memory", config);
  bench.checker.initiator.bind(memory.socket);
  for (unsigned i = 0; i < 20; ++i) bench.queue(kRead, 64 * i);
  REQUIRE(bench.run(kRead, 20));
  for (std::size_t i = 0; i < 20; ++i) CHECK(bench.lanes[kRead].sink.received[i].error == (i == 7));
}
