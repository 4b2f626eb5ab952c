// Small programs on a hart: traps, interrupts, time and the end.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <vector>

#include "tests/tlm/platform/cpu/hart_bench.h"

using namespace bitbalance;
using namespace bitbalance::test::hart;

/// What the device is told, in a process of its own: "[offset]=value ...".
std::string told(const std::vector<std::uint32_t>& program, const std::vector<std::uint32_t>& trap) {
  return test::in_child([&] {
    Bench bench(program, trap);
    sc_core::sc_start();
    std::string text;
    for (const auto& [offset, value] : bench.device.writes)
      text += fmt::format("[{:#x}]={:#x} ", offset, value);
    return text;
  });
}

TEST_CASE("each exception has its cause, its instruction and its value") {
  struct Row {
    std::vector<std::uint32_t> rest;
    std::uint32_t cause;
    std::uint32_t instruction;  ///< of `rest`
    std::uint64_t value;
  };
  const std::uint32_t nop = addi(x0, x0, 0);
  const Row rows[] = {
      {{nop, kIllegal}, 2, 1, 0},
      {{nop, kEbreak}, 3, 1, 0},
      {{nop, nop, kEcall}, 11, 2, 0},
      {{lui(s1, kHole), nop, lw(a0, s1, 4)}, 5, 2, kHole + 4},
      {{lui(s1, kHole), sw(a0, s1, 8)}, 7, 1, kHole + 8},
      {{lw(a0, t0, 0), lui(s1, kHole), lw(a0, t0, 4), lw(a0, s1, 4), nop}, 5, 3, kHole + 4},
      {{lui(s1, kCode), sw(a0, s1, 0x40)}, 7, 1, kCode + 0x40},  // read-only memory
      {{nop, lw(a0, t0, 0x40)}, 5, 1, kDevice + 0x40},           // the device refuses
      {{lw(a0, t0, 0x3c), lw(a0, t0, 0x40)}, 5, 1, kDevice + 0x40},
      {{lw(a0, t0, 0x20), nop, lh(a0, t0, 0x20)}, 5, 2, kDevice + 0x20},
      {{lw(a0, t0, 0x38), ld(a0, t0, 0x38), nop, ld(a0, t0, 0x40)}, 5, 3, kDevice + 0x40},
      // Misaligned: by its second half, by its first one.
      {{lw(a0, t0, 0x3c), lw(a0, t0, 0x3d)}, 5, 1, kDevice + 0x40},
      {{nop, lw(a0, t0, 0x41), lw(a0, t0, 0x40)}, 5, 1, kDevice + 0x41},
      {{nop, ld(a0, t0, 0x44)}, 5, 1, kDevice + 0x44},
  };
  for (const Row& row : rows) {
    CAPTURE(&row - rows);
    const std::uint64_t pc = kCode + 4 * (4 + row.instruction);
    CHECK(told(with_handler(row.rest), kTellAndStop) ==
          fmt::format("[0x0]={:#x} [0x4]={:#x} [0x8]={:#x} [0x10]=0x0 ", row.cause, pc, row.value));
  }
}

TEST_CASE("a jump to where nothing is, is a fetch fault there") {
  const std::uint32_t jalr_s1 = s1 << 15 | 0x67;
  Bench bench(with_handler({lui(s1, kHole), jalr_s1}), kTellAndStop);
  sc_core::sc_start();
  REQUIRE(bench.device.writes.size() == 4);
  CHECK(bench.device.writes[0].second == 1);
  CHECK(bench.device.writes[1].second == kHole);
}

TEST_CASE("an interrupt is taken once for each time that the line rises, at every quantum") {
  // The handler lowers the line and counts; the program runs 3000 rounds of 2 instructions.
  const std::vector<std::uint32_t> program = with_handler(
      {lui(t1, kRam), lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), csrsi(mstatus, 8), lui(s0, 0x1000),
       addi(s0, s0, -1096), addi(s0, s0, -1), bnez_s0_back(1), sw(x0, t0, 0x10), kLoop});
  const std::vector<std::uint32_t> handler = {sw(x0, t0, 0x14), lw(a0, t1, 0), addi(a0, a0, 1), sw(a0, t1, 0),
                                              kMret};
  for (const double quantum : {0., 100., 1000., 1e6}) {
    for (const bool dmi : {false, true}) {
      CAPTURE(quantum, dmi);
      CHECK(test::in_child([&] {
              Bench bench(program, handler, dmi, quantum);
              bench.device.raise_at(1500);
              sc_core::sc_start();
              return fmt::format("{} counted, {} taken", bench.ram_word(0), bench.hart->interrupts_taken());
            }) ==
            (quantum < 1e6 ? "1 counted, 1 taken" : "0 counted, 0 taken"));  // it ends within the quantum
    }
  }
}

TEST_CASE("wfi sleeps until an interrupt is pending, though masked, and time advances") {
  Bench bench({lui(t0, kDevice), lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), sw(x0, t0, 0), kWfi,
               sw(x0, t0, 4), sw(x0, t0, 0x10), kLoop});
  bench.device.raise_at(123'456);
  sc_core::sc_start();
  REQUIRE(bench.device.times.size() == 3);
  CHECK(bench.device.times[0] < sc_core::sc_time(1, sc_core::SC_US));
  CHECK(bench.device.times[1] > sc_core::sc_time(123'456, sc_core::SC_NS));
  CHECK(bench.device.times[1] < sc_core::sc_time(123'500, sc_core::SC_NS));
  CHECK(bench.hart->interrupts_taken() == 0);
}

TEST_CASE("an instruction takes a period, and an access the way to the bus on top, at every quantum") {
  // A block's instructions are counted when it begins.
  const int before = 2 + 200 + 4;
  for (const double quantum : {0., 10., 1e6}) {
    CAPTURE(quantum);
    CHECK(test::in_child([&] {
            Bench bench({lui(t0, kDevice), addi(s0, x0, 100), addi(s0, s0, -1), bnez_s0_back(1),
                         sw(x0, t0, 0), sw(x0, t0, 4), sw(x0, t0, 0x10), kLoop},
                        {}, true, quantum);
            sc_core::sc_start();
            return fmt::format("{} {}", bench.device.times.at(0).to_string(),
                               bench.device.times.at(1).to_string());
          }) == fmt::format("{} ns {} ns", before + 10, before + 20));
  }
}

TEST_CASE("the hart runs no further than the end that it tells the finisher, at every quantum") {
  for (const double quantum : {0., 10., 1e6}) {
    CAPTURE(quantum);
    CHECK(test::in_child([&] {
            Bench bench({lui(t1, kFinisher), lui(a0, 0x5000), addi(a0, a0, 0x555), sw(a0, t1, 0), kLoop}, {},
                        true, quantum);
            sc_core::sc_start();
            return fmt::format("exit {} at {} after {}", bench.finisher.exit_status().value_or(-1),
                               sc_core::sc_time_stamp().to_string(), bench.hart->instructions());
          }) == "exit 0 at 15 ns after 5");
  }
}

TEST_CASE("the write that ends the simulation is a transaction that the bus tells of, at every quantum") {
  for (const double quantum : {0., 10., 1e9}) {
    for (const std::uint64_t value : {0x5555u, 0x73333u}) {
      CAPTURE(quantum, value);
      CHECK(test::in_child([&] {
              Bench bench({lui(t1, kFinisher), lui(a0, value), addi(a0, a0, static_cast<int>(value & 0xfff)),
                           sw(a0, t1, 0), kLoop},
                          {}, true, quantum);
              std::string text;
              bench.bus.observe([&](const sc_core::sc_time& time, int, const std::string& target,
                                    const tlm::tlm_generic_payload& transaction) {
                text += fmt::format("{} {} {} {}; ", time.to_string(), target, transaction.is_write(),
                                    transaction.is_response_ok());
              });
              sc_core::sc_start();
              return text + fmt::format("exit {} at {} after {}", bench.finisher.exit_status().value_or(-1),
                                        sc_core::sc_time_stamp().to_string(), bench.hart->instructions());
            }) == fmt::format("15 ns finisher true true; exit {} at 15 ns after 5", value == 0x5555 ? 0 : 7));
    }
  }
}
