// The timed memory as TLM-2.0 initiators see it: times to the picosecond, several initiators, statistics.
#include "tlm/dram/timed_memory.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <random>

#include "tests/support/child.h"
#include "tests/tlm/dram/timed_memory_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::dram;
using namespace bitbalance::dram::test;
using sc_core::SC_NS;
using sc_core::SC_PS;
using sc_core::sc_time;

TEST_CASE("a lone read takes activate, read and data, at the DRAM's edges") {
  MemoryBench bench(with_latencies());
  Payload& p = bench.initiator().read(0);
  sc_core::sc_start(sc_time(1, sc_core::SC_US));
  // Queued at the first edge strictly later than 10 ns, that is 9 (8 is 10 ns). ACT at 9, RD at 9 + 11, end
  // of data CL + BL / 2 = 15 later at 35 = 43.75 ns; 10 ns to the answer.
  CHECK(p.answered == sc_time(53'750, SC_PS));
  CHECK(p.is_response_ok());
}

TEST_CASE("a write is answered when its bytes are queued, and read back") {
  MemoryBench bench(with_latencies());
  Payload& p = bench.initiator().prepare(tlm::TLM_WRITE_COMMAND, 128);
  p.data[3] = 77;
  bench.initiator().send(p);
  sc_core::sc_start(sc_time(100, SC_NS));
  CHECK(p.answered == sc_time(9 * 1250 + 10'000, SC_PS));
  Payload& back = bench.initiator().read(128);
  sc_core::sc_start(sc_time(100, SC_NS));
  CHECK(back.is_answered);
  CHECK(back.data[3] == 77);
}

TEST_CASE("edges of a clock without a whole period are rounded up to the picosecond") {
  Config c = ddr3();
  c.tck_ps_numerator = 2500;
  c.tck_ps_denominator = 3;
  MemoryBench bench(c);
  Payload& p = bench.initiator().read(0);
  sc_core::sc_start(sc_time(1, sc_core::SC_US));
  CHECK(p.answered == sc_time(22'500, SC_PS));  // edge 1 + 11 + 15 = 27: 27 x 833 1/3
}

TEST_CASE("an annotated delay is the time of the request") {
  MemoryBench bench(with_latencies());
  Payload& p = bench.initiator().prepare(tlm::TLM_READ_COMMAND, 0);
  bench.initiator().send(p, sc_time(100, SC_NS));
  sc_core::sc_start(sc_time(1, sc_core::SC_US));
  CHECK(p.answered == sc_time(153'750, SC_PS));  // 100 ns is edge 80
}

TEST_CASE("streaming through the socket reaches the peak of the data bus") {
  MemoryBench bench;
  for (std::uint64_t i = 0; i < 32; ++i) bench.initiator().read(64 * i);
  // A request every 4 ns, faster than a burst every 5 ns.
  for (std::uint64_t i = 32; i < 512; ++i) {
    sc_core::sc_start(sc_time(4, SC_NS));
    bench.initiator().read(64 * i);
  }
  sc_core::sc_start(sc_time(10, sc_core::SC_US));
  // The first one ends at edge 27, then one every 4 edges.
  for (std::size_t i = 0; i < 512; ++i)
    REQUIRE(bench.initiator().payloads[i]->answered ==
            sc_time(1250.0 * (27 + 4 * static_cast<double>(i)), SC_PS));
  CHECK(bench.initiator().references_left == 0);
}

TEST_CASE("b_transport takes the same time and returns without a delay") {
  MemoryBench bench(with_latencies());
  Payload& p = bench.initiator().prepare(tlm::TLM_READ_COMMAND, 0);
  Payload& q = bench.initiator().prepare(tlm::TLM_READ_COMMAND, 1 << 13);  // another bank
  BlockingCall call(bench.initiator(), p, sc_core::SC_ZERO_TIME);
  BlockingCall ahead(bench.initiator(), q, sc_time(200, SC_NS));
  sc_core::sc_start(sc_time(1, sc_core::SC_US));
  CHECK(call.returned == sc_time(53'750, SC_PS));
  CHECK(call.delay == sc_core::SC_ZERO_TIME);
  CHECK(ahead.returned == sc_time(253'750, SC_PS));  // temporal decoupling: from its own time on
  CHECK(p.is_response_ok());
}

TEST_CASE("initiators that ask at the same time are served alike in whatever order they run") {
  const auto times = [](bool reversed) {
    return bitbalance::test::in_child([reversed] {
      MemoryBench bench(ddr3(), 3);
      std::mt19937 random(5);
      for (int round = 0; round < 200; ++round) {
        std::array<std::uint64_t, 3> address{};
        for (std::uint64_t& a : address) a = random() % (kBytes / 64) * 64;
        for (std::size_t k = 0; k < 3; ++k) {
          const std::size_t i = reversed ? 2 - k : k;
          const bool is_write = (address[i] >> 6 & 1) != 0;
          bench.initiator(i).send(bench.initiator(i).prepare(
              is_write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, address[i]));
        }
        run_ns(random() % 30);
      }
      sc_core::sc_start(sc_time(100, sc_core::SC_US));
      std::string text;
      for (auto& initiator : bench.initiators)
        for (auto& p : initiator->payloads) text += p->answered.to_string() + " ";
      return text;
    });
  };
  const std::string in_order = times(false);
  CHECK(in_order.size() > 600 * 4);
  CHECK(times(true) == in_order);
}

TEST_CASE("any mixture of initiators, lengths and phases moves the right bytes") {
  MemoryBench bench(two_ranks(), 2);
  bench.initiator(1).end_response = EndResponse::kLater;
  bench.initiator(1).end_delay = sc_time(3, SC_NS);
  std::mt19937 random(7);
  std::vector<unsigned char> expected(kBytes);
  struct Expectation {
    Payload* payload;
    std::vector<unsigned char> data;
  };
  std::vector<Expectation> reads;
  for (int i = 0; i < 2000; ++i) {
    Initiator& initiator = bench.initiator(random() % 2);
    const unsigned length = 1 + random() % 256;
    const std::uint64_t address = random() % 4096;
    const bool is_write = random() % 2 == 0;
    Payload& p =
        initiator.prepare(is_write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, address, length);
    for (unsigned char& byte : p.data) byte = static_cast<unsigned char>(random());
    const auto begin = expected.begin() + static_cast<std::ptrdiff_t>(address);
    if (is_write) {
      std::copy_n(p.data.begin(), length, begin);
    } else {
      reads.push_back({&p, {begin, begin + length}});
    }
    initiator.send(p);
    run_ns(1 + random() % 20);
  }
  sc_core::sc_start(sc_time(100, sc_core::SC_US));
  for (const Expectation& e : reads) {
    REQUIRE(e.payload->is_answered);
    REQUIRE(std::equal(e.data.begin(), e.data.end(), e.payload->data.begin()));
  }
  CHECK(bench.memory.data() == expected);
  CHECK(bench.initiator(0).references_left + bench.initiator(1).references_left == 0);
}

TEST_CASE("a DRAM that is too small for what is kept in it is refused") {
  Config c = ddr3();
  c.geometry.rows = 4;
  CHECK_THROWS_WITH(TimedMemory("memory", c, kBytes), Catch::Contains("the DRAM holds 262144 bytes"));
}

TEST_CASE("statistics follow from the counts, with units") {
  Config c = ddr3();
  c.timing.refi = 1000;
  MemoryBench bench(c);
  for (std::uint64_t i = 0; i < 100; ++i) bench.initiator().read(64 * i);
  Payload& part = bench.initiator().prepare(tlm::TLM_READ_COMMAND, 1 << 16, 16);
  bench.initiator().send(part);
  sc_core::sc_start(
      sc_time(5, sc_core::SC_US));  // 4000 clocks, of which refreshes are due at 1000, 2000, 3000
  std::map<std::string, double> figures;
  for (const Statistic& s : bench.memory.statistics()) {
    CHECK(figures.emplace(s.name, s.number()).second);
    CHECK(std::string(s.unit) != "");
    const std::string name = s.name;
    if (name == "row_hits" || name == "unused_bytes") CHECK(std::holds_alternative<std::int64_t>(s.value));
    if (name == "read_latency_mean_ns" || name == "busy_share")
      CHECK(std::holds_alternative<double>(s.value));
  }
  CHECK(figures["peak_bytes_per_s"] == Approx(12.8e9));
  CHECK(figures["read_bytes"] == 6416);
  CHECK(figures["bytes_per_s"] == Approx(6416 / 5e-6));
  CHECK(figures["unused_bytes"] == 48);
  CHECK(figures["row_hits"] == 99);
  CHECK(figures["row_misses"] == 1);
  CHECK(figures["row_conflicts"] == 1);  // 64 KB are all banks' rows once
  CHECK(figures["refreshes"] == 3);
  CHECK(figures["bus_utilization"] == Approx(101 * 4 / 4000.0));
  // From due to done: the first precharges all at once, then tRP + tRFC = 219; the others find all closed:
  // tRFC.
  CHECK(figures["refresh_share"] == Approx((219 + 208 + 208) / 4000.0));
  CHECK(figures["read_queue_peak_bursts"] == 32);
}
