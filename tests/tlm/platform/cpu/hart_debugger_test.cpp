// What a debugger sees of a hart: halts, breakpoints and steps.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "tests/tlm/platform/cpu/hart_bench.h"

using namespace bitbalance;
using namespace bitbalance::test::hart;

TEST_CASE("what a debugger writes over code that has run is what runs next, and is counted") {
  const std::uint32_t nop = addi(x0, x0, 0);
  const std::uint32_t two_nops = 0x00010001;  // compressed
  Bench bench(
      {lui(t0, kDevice), nop, addi(s0, x0, 1), sw(s0, t0, 0), bnez_s0_back(3), sw(x0, t0, 0x10), kLoop}, {},
      true, 0);
  Script script;
  script.asks = [&] { return bench.device.writes.size() == 2 && script.pcs.size() == 1; };
  script.halts = {[](cpu::DebugTarget&) { return Script::Resume::kContinue; },
                  [&](cpu::DebugTarget& target) {
                    CHECK(target.debug_write(kCode + 4, bytes_of({two_nops, addi(s0, x0, 0)})));
                    return Script::Resume::kContinue;
                  }};
  bench.hart->attach(script);
  sc_core::sc_start(10, sc_core::SC_US);
  CHECK(script.pcs == std::vector<std::uint64_t>{kCode, kCode + 4});
  REQUIRE(bench.device.writes.size() == 4);
  CHECK(bench.device.writes[1].second == 1);
  CHECK(bench.device.writes[2].second == 0);
  CHECK(bench.device.times[1] - bench.device.times[0] == sc_core::sc_time(4 + 10, sc_core::SC_NS));
  CHECK(bench.device.times[2] - bench.device.times[1] == sc_core::sc_time(5 + 10, sc_core::SC_NS));
}

TEST_CASE("breakpoints at a trap's handler and behind wfi are hit, and gone on from") {
  constexpr std::uint64_t kBehindWfi = kCode + 4 * 8;
  constexpr std::uint64_t kHandler = kCode + kTrapOffset;
  Bench bench(with_handler({lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), kWfi, kEcall,
                            sw(x0, t0, 0x14), csrsi(mstatus, 8), sw(x0, t0, 0x10), kLoop}),
              {csrr(a1, mepc), addi(a1, a1, 4), csrw(mepc, a1), kMret});
  Script script;
  script.halts = {[](cpu::DebugTarget& target) {
    target.set_breakpoint(kBehindWfi, true);
    target.set_breakpoint(kHandler, true);
    return Script::Resume::kContinue;
  }};
  bench.hart->attach(script);
  bench.device.raise_at(500);
  sc_core::sc_start(10, sc_core::SC_US);
  CHECK(script.pcs == std::vector<std::uint64_t>{kCode, kBehindWfi, kHandler});
  CHECK(bench.device.writes.size() == 2);
}

TEST_CASE("a breakpoint at an interrupt's handler is hit each time") {
  constexpr std::uint64_t kHandler = kCode + kTrapOffset;
  for (const double quantum : {0., 1000.}) {
    CAPTURE(quantum);
    CHECK(test::in_child([&] {
            Bench bench(
                with_handler({lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), csrsi(mstatus, 8), kLoop}),
                {sw(x0, t0, 0x14), kMret}, true, quantum);
            Script script;
            script.halts = {[](cpu::DebugTarget& target) {
              target.set_breakpoint(kHandler, true);
              return Script::Resume::kContinue;
            }};
            bench.hart->attach(script);
            bench.device.raise_at(1500);
            sc_core::sc_start(5, sc_core::SC_US);
            bench.device.raise_at(1500);
            sc_core::sc_start(5, sc_core::SC_US);
            return fmt::format("{} halts, the last at {:#x}, {} interrupts", script.pcs.size(),
                               script.pcs.back(), bench.hart->interrupts_taken());
          }) == fmt::format("3 halts, the last at {:#x}, 2 interrupts", kHandler));
  }
}

TEST_CASE("an interrupt between blocks repeats none, with a breakpoint set and behind a step") {
  // 1000 rounds of three blocks, each of which counts.
  const std::vector<std::uint32_t> program = with_handler(
      {lui(t1, kRam), lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), csrsi(mstatus, 8),
       addi(s0, x0, 1000), addi(a0, a0, 1), kNext, addi(a1, a1, 1), kNext, addi(a2, a2, 1), addi(s0, s0, -1),
       bnez_s0_back(6), sw(a0, t0, 0), sw(a1, t0, 0), sw(a2, t0, 0), sw(x0, t0, 0x10), kLoop});
  const std::vector<std::uint32_t> handler = {sw(x0, t0, 0x14), kMret};
  for (const bool steps : {false, true}) {
    for (const double quantum : {0., 50., 1000.}) {
      for (int time = 1500; time < 1507; ++time) {
        CAPTURE(steps, quantum, time);
        CHECK(test::in_child([&] {
                Bench bench(program, handler, true, quantum);
                Script script;
                script.halts = {[&](cpu::DebugTarget& target) {
                  if (steps) return Script::Resume::kStep;
                  target.set_breakpoint(kCode + 0x800, true);
                  return Script::Resume::kContinue;
                }};
                bench.hart->attach(script);
                bench.device.raise_at(time);
                sc_core::sc_start();
                std::string text = fmt::format("{} taken", bench.hart->interrupts_taken());
                for (const auto& [offset, value] : bench.device.writes)
                  if (offset == 0) text += fmt::format(", {}", value);
                return text;
              }) == "1 taken, 1000, 1000, 1000");
      }
    }
  }
}

TEST_CASE("a debugger halts a hart that sleeps, in front of its wfi, and nothing else wakes") {
  const auto run = [](bool stays) {
    return test::in_child([stays] {
      Bench bench({lui(t0, kDevice), kWfi, sw(x0, t0, 0x10), kLoop});
      Script script;
      script.asks = [&] {
        const bool late = sc_core::sc_time_stamp() > sc_core::sc_time(3, sc_core::SC_MS);
        return late && script.pcs.size() < 3;
      };
      script.halts = {[](cpu::DebugTarget&) { return Script::Resume::kContinue; },
                      [](cpu::DebugTarget&) { return Script::Resume::kContinue; },
                      [&](cpu::DebugTarget& target) {
                        if (stays) target.set_debug_register(cpu::DebugTarget::kPc, kCode + 8);
                        script.is_there = stays;
                        return Script::Resume::kContinue;
                      }};
      bench.hart->attach(script);
      sc_core::sc_start();
      std::string text;
      for (const std::uint64_t pc : script.pcs) text += fmt::format("{:#x} ", pc);
      return text + fmt::format("{} writes", bench.device.writes.size());
    });
  };
  const std::string halts = fmt::format("{0:#x} {1:#x} {1:#x} ", kCode, kCode + 4);
  CHECK(run(true) == halts + "1 writes");
  CHECK(run(false) == halts + "0 writes");  // nobody is left to wake it
}

TEST_CASE("a single step takes as long as its instruction, and what it left behind is none") {
  constexpr std::size_t kSteps = 2 + 2 * 100;
  for (const double quantum : {0., 10., 1e6}) {
    CAPTURE(quantum);
    CHECK(test::in_child([&] {
            Bench bench({lui(t0, kDevice), addi(s0, x0, 100), addi(s0, s0, -1), bnez_s0_back(1),
                         sw(x0, t0, 0), sw(x0, t0, 4), sw(x0, t0, 0x10), kLoop},
                        {}, true, quantum);
            Script script;
            std::uint64_t counted = 0;
            script.halts.assign(kSteps, [&](cpu::DebugTarget&) {
              counted += static_cast<std::uint64_t>(bench.hart->instructions() == script.pcs.size() - 1);
              return Script::Resume::kStep;
            });
            bench.hart->attach(script);
            sc_core::sc_start();
            return fmt::format("{} halts, {} counted right, the last at {:#x}; {}, {}", script.pcs.size(),
                               counted, script.pcs.back(), bench.device.times.at(0).to_string(),
                               bench.device.times.at(1).to_string());
          }) == fmt::format("{} halts, {} counted right, the last at {:#x}; {} ns, {} ns", kSteps + 1, kSteps,
                            kCode + 4 * 4, kSteps + 4 + 10, kSteps + 4 + 20));
  }
}

TEST_CASE("a single step into a block that has run is one instruction") {
  constexpr std::size_t kSteps = 20;
  Bench bench({addi(s0, x0, 1), addi(a0, a0, 1), kNext, addi(a1, a1, 1), bnez_s0_back(3)}, {}, true, 100);
  Script script;
  std::vector<std::uint64_t> counted;
  script.asks = [&] { return script.pcs.size() == 1 && bench.hart->instructions() > 1000; };
  script.halts.assign(1 + kSteps, [&](cpu::DebugTarget&) {
    counted.push_back(bench.hart->instructions());
    return script.pcs.size() == 1 ? Script::Resume::kContinue : Script::Resume::kStep;
  });
  bench.hart->attach(script);
  sc_core::sc_start(10, sc_core::SC_US);
  REQUIRE(script.pcs.size() == kSteps + 2);
  for (std::size_t i = 2; i <= kSteps; ++i) {
    CAPTURE(i);
    CHECK(script.pcs[i] == (script.pcs[i - 1] == kCode + 4 * 4 ? kCode + 4 : script.pcs[i - 1] + 4));
    CHECK(counted[i] == counted[i - 1] + 1);
  }
}

TEST_CASE("a hart that only steps takes its traps and interrupts, and halts behind each") {
  const std::vector<std::uint32_t> handler = {sw(x0, t0, 0x14), csrr(a1, mepc), addi(a1, a1, 4),
                                              csrw(mepc, a1), kMret};
  Bench bench(with_handler({kEcall, lui(t2, 0x1000), addi(t2, t2, -2048), csrw(mie, t2), csrsi(mstatus, 8),
                            addi(x0, x0, 0), addi(x0, x0, 0), sw(x0, t0, 0x10), kLoop}),
              handler, true, 0);
  Script script;
  script.halts.assign(100, [](cpu::DebugTarget&) { return Script::Resume::kStep; });
  bench.hart->attach(script);
  bench.device.raise_at(25);
  sc_core::sc_start(10, sc_core::SC_US);
  const auto halts_at = [&](std::uint64_t pc) {
    return std::count(script.pcs.begin(), script.pcs.end(), pc);
  };
  CHECK(halts_at(kCode + kTrapOffset) == 2);
  CHECK(halts_at(kCode + kTrapOffset + 4) == 2);
  CHECK(halts_at(kCode + 4 * 5) == 1);
  CHECK(bench.hart->interrupts_taken() == 1);
}
