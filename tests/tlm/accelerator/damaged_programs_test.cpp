// Programs that no mapper writes: well-synchronized ones (docs/commands.md) end alike at rtl and tlm, to the
// last cycle, event and byte, and whatever stalls they leave the same bytes.
#include <catch2/catch.hpp>
#include <random>

#include "hw/isa/program/program_check.h"
#include "tests/hw/rtl/program_bench.h"
#include "tests/support/child.h"
#include "tests/support/damaged_program.h"
#include "tests/support/expected_warnings.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/tlm/accelerator/level_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::tlm_level::test;

namespace {

RandomCase damaged_case(std::uint64_t seed) {
  RandomCase c = make_random_case(seed);
  std::mt19937_64 random(seed);
  damage(c.mapped.program, c.config, random);
  c.config.dram.use_nb_transport = seed % 4 != 3;
  return c;
}

/// By pointer, burst by burst, and at times that no formula knows; once, or again on what the first run left.
LevelOptions surroundings(std::uint64_t seed) {
  LevelOptions options;
  options.seed = seed;
  options.accelerator.use_dmi = seed % 4 != 1;
  options.memory = seed % 4 < 2 ? Memory::kIdeal : Memory::kHashed;
  options.runs = 1 + static_cast<int>(seed / 4 % 2);
  return options;
}

bool is_synchronized(const RandomCase& c) {
  return synchronization_flaw(c.mapped.program, c.config).empty();
}

std::vector<std::uint8_t> data_of(const RandomCase& c) {
  return place_images(c.mapped.program, c.network, c.images, 0xa5);
}

std::string hex(const std::vector<std::uint8_t>& data) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : data) text += {kDigits[byte >> 4], kDigits[byte & 15]};
  return text;
}

std::string run_damaged(Level level, const RandomCase& c, const LevelOptions& options = {},
                        bool with_reason = false) {
  return in_child([&] {
    const ExpectedWarnings watchdog("no progress");
    const LevelResult result = run_level(level, c.mapped.program, c.config, data_of(c), options);
    return (result.fault == ProgramFault::kTimeout ? cycles(result) : accounts(result)) +
           (with_reason ? result.reason : "") + hex(result.data);
  });
}

bool ended_well(const std::string& text) {
  return text.rfind("none at", 0) == 0;
}

}  // namespace

TEST_CASE("a damaged program ends alike at rtl and tlm if it is well-synchronized") {
  int synchronized = 0, faults = 0;
  for (std::uint64_t seed = 20000; seed < 20180; ++seed) {
    CAPTURE(seed);
    const RandomCase c = damaged_case(seed);
    if (!is_synchronized(c)) continue;
    ++synchronized;
    const std::string expected = run_damaged(Level::kRtl, c, surroundings(seed));
    REQUIRE(expected.find("cycles") != std::string::npos);
    REQUIRE(run_damaged(Level::kTlm, c, surroundings(seed)) == expected);
    faults += ended_well(expected) ? 0 : 1;
  }
  CHECK(synchronized > 120);
  CHECK(faults > 30);
  CHECK(synchronized - faults > 30);
}

TEST_CASE("a damaged program leaves the same bytes whatever stalls if it is well-synchronized") {
  int compared = 0;
  for (std::uint64_t seed = 21000; seed < 21100; ++seed) {
    CAPTURE(seed);
    const RandomCase c = damaged_case(seed);
    if (!is_synchronized(c)) continue;
    const auto run_stalled = [&](unsigned stall_percent) {
      return in_child([&] {
        const ExpectedWarnings watchdog("no progress");
        rtl::test::BenchOptions options;
        options.random_memory = stall_percent > 0;
        options.stall_percent = stall_percent;
        options.seed = seed;
        const auto result = rtl::test::run_program(c.mapped.program, c.config, data_of(c), options);
        return std::string(to_string(result.fault)) + " at " + std::to_string(result.fault_command) + " " +
               hex(result.data);
      });
    };
    const std::string expected = run_stalled(0);
    // Which commands a fault finds under way depends on time.
    if (!ended_well(expected)) continue;
    ++compared;
    REQUIRE(run_stalled(30) == expected);
  }
  CHECK(compared > 30);
}

TEST_CASE("a program that waits for a flag forever ends alike at rtl and tlm") {
  for (std::uint64_t seed = 22000; seed < 22040; ++seed) {
    CAPTURE(seed);
    RandomCase c = make_random_case(seed);
    std::vector<Command> commands = c.mapped.program.commands;
    std::size_t waiter = seed % commands.size();
    while (!has_engine(commands[waiter])) waiter = (waiter + 1) % commands.size();
    commands[waiter].header.wait |= engine_bit(engine_of(commands[waiter]));  // of its own engine: none comes
    replace_commands(c.mapped.program, commands);
    const std::string expected = run_damaged(Level::kRtl, c, {}, true);
    REQUIRE(expected.rfind("no progress at command " + std::to_string(waiter), 0) == 0);
    REQUIRE(run_damaged(Level::kTlm, c, {}, true) == expected);
  }
}

TEST_CASE("the watchdog stops a program at the same edge at rtl and tlm, whatever its limit") {
  constexpr std::int64_t kLatency = 50, kLongestBurst = 12;  // cycles, 128 bytes and the edges around them
  int stopped = 0, ended = 0;
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const RandomCase c = make_random_case(seed);
    for (std::int64_t limit = 1; limit <= 130; ++limit) {
      CAPTURE(seed, limit);
      LevelOptions options;
      options.accelerator.watchdog_cycles = limit;
      // By pointer a transfer is one step of progress: only where its answers are no farther apart than the
      // limit.
      options.accelerator.use_dmi = limit % 2 == 0 && limit > kLatency + kLongestBurst;
      const std::string expected = run_damaged(Level::kRtl, c, options);
      REQUIRE(run_damaged(Level::kTlm, c, options) == expected);
      ++(ended_well(expected) ? ended : stopped);
    }
  }
  CHECK(stopped > 60);
  CHECK(ended > 15);
}
