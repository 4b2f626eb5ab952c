// The transaction-level accelerator against the clocked one: the same data, and the same accounts to the
// last cycle and event, for random programs on every kind of memory.
#include <catch2/catch.hpp>
#include <functional>
#include <random>

#include "base/file/fingerprint.h"
#include "hw/isa/command/command.h"
#include "tests/support/child.h"
#include "tests/support/expected_warnings.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/tlm/accelerator/level_bench.h"
#include "tests/tlm/dram/random_dram.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::tlm_level::test;

namespace {

std::string run_random(Level level, std::uint64_t seed, const LevelOptions& options,
                       const std::function<void(RandomCase&)>& change, const CaseLimits& limits = {}) {
  return in_child([&] {
    RandomCase c = make_random_case(seed, limits);
    change(c);
    const LevelResult result = run_level(level, c.mapped.program, c.config,
                                         place_images(c.mapped.program, c.network, c.images, 0xa5), options);
    const std::string mismatch = first_mismatch(c, result.data);
    return mismatch.empty() ? accounts(result) : mismatch;
  });
}

void check_seeds(
    std::uint64_t first, std::uint64_t last, LevelOptions options,
    const std::function<void(RandomCase&)>& change = [](RandomCase&) {}, const CaseLimits& limits = {}) {
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    CAPTURE(seed);
    options.seed = seed;
    const std::string expected = run_random(Level::kRtl, seed, options, change, limits);
    INFO(expected.substr(0, 400));
    REQUIRE(expected.find("cycles") != std::string::npos);
    REQUIRE(run_random(Level::kTlm, seed, options, change, limits) == expected);
  }
}

void check_timed(
    std::uint64_t first, std::uint64_t last, const dram::Config& dram,
    const std::function<void(RandomCase&)>& change = [](RandomCase&) {}) {
  LevelOptions options;
  options.memory = Memory::kTimed;
  options.dram = dram;
  check_seeds(first, last, options, change);
}

// Of the data region.
std::string digest(const std::vector<std::uint8_t>& data) {
  return std::to_string(fingerprint({reinterpret_cast<const char*>(data.data()), data.size()}));
}

// Programs that end in an error: what the registers say, every cycle and every byte of memory. Returns how
// many of them do.
int check_errors(std::uint64_t first, std::uint64_t last,
                 const std::function<void(RandomCase&, LevelOptions&, std::mt19937_64&)>& spoil) {
  int errors = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    CAPTURE(seed);
    const auto run_spoilt = [&](Level level) {
      return in_child([&] {
        const ExpectedWarnings watchdog("no progress");
        std::mt19937_64 random(seed);
        RandomCase c = make_random_case(seed);
        LevelOptions options{Memory::kHashed, seed};
        spoil(c, options, random);
        const LevelResult result =
            run_level(level, c.mapped.program, c.config,
                      place_images(c.mapped.program, c.network, c.images, 0xa5), options);
        std::int64_t fetched = 0;  // bytes of commands
        for (const LayerProfile& layer : result.profile.layers())
          fetched += layer.events[Event::kDramReadCommand];
        return cycles(result) + digest(result.data) + " " + std::to_string(fetched);
      });
    };
    const std::string expected = run_spoilt(Level::kRtl);
    REQUIRE_THAT(expected, Catch::Contains("cycles"));
    errors += expected.rfind("none", 0) == 0 ? 0 : 1;
    REQUIRE(run_spoilt(Level::kTlm) == expected);
  }
  return errors;
}

// Replaces one command, other than the last, by a wrong one with a right checksum.
void change_command(RandomCase& c, std::mt19937_64& random) {
  Program& program = c.mapped.program;
  const std::size_t index = random() % (program.commands.size() - 1);
  Command command = program.commands[index];
  std::visit(
      [](auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_base_of_v<LoadTensor, Body>) body.stride_w = 0;
        if constexpr (std::is_same_v<Body, LoadWeights>) body.dram_offset = 0xffffff00;
        if constexpr (std::is_same_v<Body, LoadParameters>) body.entries = 0;
        if constexpr (std::is_same_v<Body, Compute>) body.channels = 0;
        if constexpr (std::is_same_v<Body, Store>) body.slice.dram_offset = 0xffffff00;
        if constexpr (std::is_same_v<Body, Pool>) body.kernel_h = 0;
        if constexpr (std::is_same_v<Body, Add> || std::is_same_v<Body, Lookup>) body.elements = 0;
        if constexpr (std::is_same_v<Body, LoadTable>) body.dram_offset = 0xffffff00;
      },
      command.body);
  if (opcode_of(command) == Opcode::kBarrier) command.body = End{};
  const CommandBytes bytes = encode(command, static_cast<std::uint32_t>(index));
  std::copy(bytes.begin(), bytes.end(),
            program.constants.begin() + static_cast<std::ptrdiff_t>((index + 1) * kCommandBytes));
}

}  // namespace

TEST_CASE("a clock that stands still while the accelerator does not need it changes nothing") {
  const auto keep = [](RandomCase&) {};
  for (std::uint64_t seed = 32000; seed < 32020; ++seed) {
    CAPTURE(seed);
    LevelOptions options{seed % 2 == 0 ? Memory::kHashed : Memory::kIdeal, seed};
    options.runs = 2;  // idle in between
    const std::string expected = run_random(Level::kRtl, seed, options, keep);
    REQUIRE(expected.find("none at command 0") != std::string::npos);
    options.gated_clock = true;
    REQUIRE(run_random(Level::kRtl, seed, options, keep) == expected);
  }
}

TEST_CASE("the number of threads changes neither data nor accounts") {
  const CaseLimits larger_than_the_clocked{4, 40, 80, 3};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const auto run_with = [&](int threads) {
      return in_child([&] {
        const RandomCase c = make_random_case(seed, larger_than_the_clocked);
        LevelOptions options;
        options.accelerator.threads = threads;
        const LevelResult result =
            run_level(Level::kTlm, c.mapped.program, c.config,
                      place_images(c.mapped.program, c.network, c.images, 0xa5), options);
        return digest(result.data) + " " + first_mismatch(c, result.data) + "\n" + accounts(result);
      });
    };
    const std::string expected = run_with(1);
    REQUIRE(expected.find("busy") != std::string::npos);
    REQUIRE(run_with(2) == expected);
    REQUIRE(run_with(3) == expected);
  }
}

TEST_CASE("the order in which units are constructed and simultaneous processes run changes nothing") {
  int shuffled = 0;  // runs whose calls came in another order, within the same times
  for (std::uint64_t seed = 19000; seed < 19040; ++seed) {
    for (const Memory memory : {Memory::kIdeal, Memory::kHashed, Memory::kTimed}) {
      CAPTURE(seed, static_cast<int>(memory));
      const auto run_in_order = [&](std::uint64_t order) {
        return in_child([&] {
          RandomCase c = make_random_case(seed);
          c.config.dram.use_nb_transport = seed % 3 != 0;
          LevelOptions options{memory, seed, dram::test::ddr3()};
          options.accelerator.use_dmi = seed % 2 == 0;
          options.order = order;
          const LevelResult result =
              run_level(Level::kTlm, c.mapped.program, c.config,
                        place_images(c.mapped.program, c.network, c.images, 0xa5), options);
          return std::to_string(result.call_order) + "\n" + first_mismatch(c, result.data) + accounts(result);
        });
      };
      const auto accounts_of = [](const std::string& text) { return text.substr(text.find('\n')); };
      const std::string expected = run_in_order(0);
      REQUIRE(accounts_of(expected).rfind("\nnone at command 0, ", 0) == 0);
      for (const std::uint64_t order : {1, 2, 3}) {
        const std::string other = run_in_order(order);
        REQUIRE(accounts_of(other) == accounts_of(expected));
        shuffled += other == expected ? 0 : 1;
      }
    }
  }
  CHECK(shuffled > 50);
}

TEST_CASE("tlm equals rtl in data, cycles and events with the ideal memory") {
  check_seeds(10000, 10249, {});
}

TEST_CASE("tlm equals rtl on arrays up to 256 x 256") {
  CaseLimits limits;
  limits.max_size = 25;
  limits.large_arrays = true;
  check_seeds(
      20000, 20059, {}, [](RandomCase&) {}, limits);
  check_seeds(
      20060, 20089, {Memory::kHashed}, [](RandomCase&) {}, limits);
}

TEST_CASE("tlm equals rtl on accelerators of odd settings") {
  CaseLimits limits;
  limits.odd_settings = true;
  check_seeds(
      21000, 21019, {}, [](RandomCase&) {}, limits);
  check_seeds(
      21090, 21099, {Memory::kHashed}, [](RandomCase&) {}, limits);
}

TEST_CASE("tlm equals rtl with a memory that takes all ways of the base protocol") {
  check_seeds(11000, 11149, {Memory::kHashed});
}

TEST_CASE("tlm equals rtl through b_transport") {
  // Not part of what a program depends on: the program stays valid.
  check_seeds(12000, 12059, {Memory::kHashed}, [](RandomCase& c) { c.config.dram.use_nb_transport = false; });
}

TEST_CASE("tlm equals rtl with timed DRAM, refreshes included") {
  // Refreshes come so often that every program meets them.
  dram::Config ddr3 = dram::test::ddr3();
  ddr3.timing.refi = 1000;
  ddr3.controller.request_latency_ps = 10'000;
  check_timed(17000, 17059, ddr3);

  // Periods that divide no clock of the accelerator, small queues, commands of several clocks.
  dram::Config two_ranks = dram::test::two_ranks();
  two_ranks.tck_ps_numerator = 2500;
  two_ranks.tck_ps_denominator = 3;
  two_ranks.timing.refi = 1500;
  two_ranks.commands = {4, 2, 4, 2};
  two_ranks.controller.read_queue = two_ranks.controller.write_queue = 4;
  two_ranks.controller.write_high = 3;
  two_ranks.controller.write_low = 1;
  check_timed(17100, 17129, two_ranks);

  // A burst of the accelerator is several of the DRAM, in several channels.
  dram::Config narrow = ddr3;
  narrow.geometry.channels = 2;
  narrow.geometry.width_bits = 16;
  narrow.controller.address_map = "row bank column channel";
  narrow.controller.page_policy = dram::PagePolicy::kClosed;
  narrow.controller.response_latency_ps = 7'000;
  check_timed(17150, 17179, narrow);
}

TEST_CASE("tlm equals rtl with timed DRAM whose writes are masked or not posted, and which sleeps") {
  dram::Config lpddr = dram::test::ddr3();
  lpddr.timing.refi = 4000;
  lpddr.timing.rfc_pb = 90;
  lpddr.timing.ccd_mw = 16;
  lpddr.timing.cke = 3;
  lpddr.timing.xp = 5;
  lpddr.timing.xs = 100;
  lpddr.controller.refresh = dram::RefreshPolicy::kPerBank;
  lpddr.controller.posted_writes = false;
  lpddr.controller.power_down_after = 10;
  lpddr.controller.self_refresh_after = 60;
  check_timed(17200, 17229, lpddr);
}

TEST_CASE("tlm equals rtl with timed DRAM through b_transport") {
  dram::Config ddr3 = dram::test::ddr3();
  ddr3.timing.refi = 1000;
  check_timed(18000, 18039, ddr3, [](RandomCase& c) { c.config.dram.use_nb_transport = false; });
}

TEST_CASE("a program that is stopped in its middle and started again goes on alike at both levels") {
  for (std::uint64_t seed = 18100; seed < 18160; ++seed) {
    RandomDraw draw(seed);
    LevelOptions options{draw.pick({Memory::kIdeal, Memory::kHashed, Memory::kTimed})};
    options.dram = dram::test::random_dram(draw);
    options.restart_at_ns = draw.uniform(1, 4000) + draw.pick({0.0, 0.3});
    const bool use_nb_transport = draw.chance(0.7);
    check_seeds(seed, seed, options,
                [&](RandomCase& c) { c.config.dram.use_nb_transport = use_nb_transport; });
  }
}

TEST_CASE("tlm ends like rtl when a record is damaged") {
  const int errors = check_errors(13000, 13059, [](RandomCase& c, LevelOptions&, std::mt19937_64& random) {
    std::vector<std::uint8_t>& constants = c.mapped.program.constants;
    constants[random() % ((c.mapped.program.commands.size() + 1) * kCommandBytes)] ^= 0x10;
  });
  CHECK(errors == 60);
}

TEST_CASE("tlm ends like rtl when a command's field is out of range") {
  const int errors = check_errors(
      14000, 14059, [](RandomCase& c, LevelOptions&, std::mt19937_64& random) { change_command(c, random); });
  CHECK(errors == 60);
}

TEST_CASE("tlm ends like rtl when the memory answers with errors") {
  const int errors =
      check_errors(15000, 15099, [](RandomCase&, LevelOptions& options, std::mt19937_64& random) {
        options.errors_from = std::uniform_real_distribution<double>(0, 1)(random);
        options.errors_to = options.errors_from + 0.05;
      });
  CHECK(errors > 50);  // the other windows hold no byte that is read or written
}

TEST_CASE("tlm ends like rtl when the memory never answers") {
  const int errors =
      check_errors(16000, 16039, [](RandomCase&, LevelOptions& options, std::mt19937_64& random) {
        options.errors_from = std::uniform_real_distribution<double>(0, 1)(random);
        options.errors_to = options.errors_from + 0.05;
        options.is_silent = true;
      });
  CHECK(errors > 20);
}

TEST_CASE("tlm ends like rtl whenever the watchdog stops a program") {
  const int errors =
      check_errors(16100, 16199, [](RandomCase& c, LevelOptions& options, std::mt19937_64& random) {
        c.config.dram.use_nb_transport = random() % 3 != 0;
        options.accelerator.watchdog_cycles = 3 + static_cast<std::int64_t>(random() % 60);
      });
  CHECK(errors > 50);
}

TEST_CASE("a watchdog of more cycles than there are edges never stops a program") {
  for (const Level level : {Level::kRtl, Level::kTlm}) {
    LevelOptions options;
    options.accelerator.watchdog_cycles = INT64_MAX - 1;
    CHECK(run_random(level, 16200, options, [](RandomCase&) {}).rfind("none", 0) == 0);
  }
}
