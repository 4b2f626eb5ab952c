// A hart on memory that grants reading alone, and takes back what it granted.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <vector>

#include "tests/tlm/platform/cpu/hart_bench.h"

using namespace bitbalance;
using namespace bitbalance::test::hart;

TEST_CASE("what DMI grants for reading alone is written by transactions") {
  Bench bench({lui(t0, kDevice), lui(t1, kGranting), addi(a0, x0, 7), sw(a0, t1, 4), lw(a1, t1, 4),
               sw(a1, t0, 0), sw(x0, t0, 0x10), kLoop});
  bench.granting.grants_writes = false;
  bench.granting.bytes.assign(bench.granting.bytes.size(), 0x53);
  sc_core::sc_start();
  CHECK(bench.device.writes.at(0).second == 3);
  CHECK(bench.device.times.at(0) == sc_core::sc_time(8 + 10 + 4 + 10, sc_core::SC_NS));
  CHECK(bench.granting.writes == 1);
  CHECK(bench.granting.reads == 0);
  CHECK(bench.granting.bytes.at(4) == 3);
  CHECK(bench.granting.bytes.at(5) == 0);
  CHECK(bench.granting.bytes.at(8) == 0x53);
}

TEST_CASE("behind such a store the hart goes on, whatever other stores are in its block") {
  // s1, t1: RAM and, behind it, the other memory; t2: from one to the other; a0 and a1: what is stored.
  const auto run = [](const std::vector<std::uint32_t>& block) {
    return test::in_child([&] {
      std::vector<std::uint32_t> program =
          with_handler({lui(s1, kRam), lui(t1, kGranting), lui(t2, 0x1000), addi(a0, x0, 2), addi(a1, x0, 3),
                        addi(s0, x0, 0), kNext});
      program.insert(program.end(), block.begin(), block.end());
      program.insert(program.end(), {sw(s0, t0, 0), sw(x0, t0, 0x10), kLoop});
      Bench bench(program, kTellAndStop);
      bench.granting.bytes.assign(bench.granting.bytes.size(), 0xff);
      bench.granting.grants_writes = false;
      sc_core::sc_start();
      std::uint64_t last = 0;
      std::memcpy(&last, bench.ram.data().data() + 0xff8, sizeof last);
      return fmt::format("s0 {}, {} writes, {} {} {}; RAM {}, {:x}", bench.device.writes.at(0).second,
                         bench.granting.writes, bench.granting.bytes[0], bench.granting.bytes[4],
                         bench.granting.bytes[8], bench.ram_word(0), last);
    });
  };
  const std::uint32_t count = addi(s0, s0, 1);
  CHECK(run({sw(a0, s1, 0), add(s1, s1, t2), count, sw(a1, s1, 4), count}) ==
        "s0 2, 1 writes, 255 3 255; RAM 2, 0");
  CHECK(run({sw(a0, s1, 0), add(s1, s1, t2), count, sw(a1, s1, 0), count}) ==
        "s0 2, 1 writes, 3 255 255; RAM 2, 0");
  CHECK(run({sw(a0, t1, -4u), count, sw(a1, t1, 0), count}) == "s0 2, 1 writes, 3 255 255; RAM 0, 200000000");
  CHECK(run({sw(a0, t1, 0), count, sw(a1, t1, 0), count}) == "s0 2, 2 writes, 2 255 255; RAM 0, 0");
  CHECK(run({sw(a0, t1, 0), count, sw(a0, t1, 0), count}) == "s0 2, 2 writes, 2 255 255; RAM 0, 0");
  CHECK(run({sw(a0, t1, 0), addi(t1, t1, 4), count, sw(a1, t1, 0), count}) ==
        "s0 2, 2 writes, 2 3 255; RAM 0, 0");
  CHECK(run({sw(a0, t1, 8), sw(a0, t1, 4), count, sw(a1, t1, 0), count}) ==
        "s0 2, 3 writes, 3 2 2; RAM 0, 0");
}

TEST_CASE("a store that begins before read-only memory and ends in it faults") {
  Bench bench(with_handler({lui(t1, kGranting), sd(t1, t1, -4u), kLoop}), kTellAndStop);
  bench.granting.grants_writes = false;
  sc_core::sc_start(10, sc_core::SC_US);
  REQUIRE(bench.device.writes.size() == 4);
  CHECK(bench.device.writes[0].second == 7);
  CHECK(bench.device.writes[1].second == kCode + 4 * 5);
  CHECK(bench.granting.writes == 0);
}

TEST_CASE("a step over such a store is one step, and an atomic on such memory faults") {
  constexpr std::uint32_t amoadd_a1_a0_t1 = a0 << 20 | t1 << 15 | 2 << 12 | a1 << 7 | 0x2f;
  Bench bench(with_handler({lui(t1, kGranting), sw(x0, t1, 4), sw(x0, t1, 8), amoadd_a1_a0_t1}),
              kTellAndStop);
  bench.granting.grants_writes = false;
  Script script;
  script.halts.assign(7, [](cpu::DebugTarget&) { return Script::Resume::kStep; });
  bench.hart->attach(script);
  sc_core::sc_start();
  std::vector<std::uint64_t> wanted;
  for (std::uint64_t i = 0; i < 8; ++i) wanted.push_back(kCode + 4 * i);
  CHECK(script.pcs == wanted);
  CHECK(bench.granting.writes == 2);
  REQUIRE(bench.device.writes.size() == 4);
  CHECK(bench.device.writes[0].second == 7);
  CHECK(bench.device.writes[1].second == kCode + 4 * 7);
  CHECK(bench.device.writes[2].second == kGranting);
}

TEST_CASE("once DMI is taken back, every load and store is a transaction") {
  for (const double quantum : {0., 100.}) {
    CAPTURE(quantum);
    CHECK(test::in_child([&] {
            // 1000 rounds; the grant lasts until 500 ns.
            Bench bench({lui(t0, kDevice), lui(t1, kGranting), addi(s0, x0, 1000), lw(a0, t1, 0),
                         addi(a0, a0, 1), sw(a0, t1, 0), addi(s0, s0, -1), bnez_s0_back(4), lw(a0, t1, 0),
                         sw(a0, t0, 0), sw(x0, t0, 0x10), kLoop},
                        {}, true, quantum);
            bench.granting.take_back_at(500);
            sc_core::sc_start();
            const int direct = 1000 - bench.granting.writes;
            return fmt::format("{}, of {} rounds {}", bench.device.writes.at(0).second,
                               direct >= 99 && direct <= 120 ? "about 100" : std::to_string(direct),
                               bench.granting.reads == bench.granting.writes + 1 ? "direct" : "half so");
          }) == "1000, of about 100 rounds direct");
  }
}
