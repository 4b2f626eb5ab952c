// Loads and stores by pointer: the same data, cycles and events as by transactions, whatever part of the
// memory is granted, refused or taken back, and when.
#include "tlm/accelerator/dma/direct_memory.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/tlm/accelerator/level_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::tlm_level;
using namespace bitbalance::tlm_level::test;

namespace {

using Access = DirectMemory::Access;

/// Accounts of a random program, or what was wrong; `look` sees the result first.
std::string run_direct(
    Level level, std::uint64_t seed, const LevelOptions& options,
    const std::function<std::string(const LevelResult&)>& look = [](const LevelResult&) { return ""; }) {
  return in_child([&] {
    RandomCase c = make_random_case(seed);
    const LevelResult result = run_level(level, c.mapped.program, c.config,
                                         place_images(c.mapped.program, c.network, c.images, 0xa5), options);
    const std::string mismatch = first_mismatch(c, result.data);
    if (!mismatch.empty()) return mismatch;
    const std::string wrong = look(result);
    return wrong.empty() ? accounts(result) : wrong;
  });
}

}  // namespace

TEST_CASE("by pointer and by transactions: the same data, cycles and events") {
  for (std::uint64_t seed = 20000; seed < 20040; ++seed) {
    CAPTURE(seed);
    LevelOptions options;
    options.accelerator.use_dmi = false;
    const std::string expected = run_direct(Level::kTlm, seed, options, [](const LevelResult& result) {
      return result.dmi_grants == 0 ? "" : "asked for DMI with the switch off";
    });
    REQUIRE(expected.find("cycles") != std::string::npos);
    options.accelerator.use_dmi = true;
    REQUIRE(run_direct(Level::kTlm, seed, options, [](const LevelResult& result) {
              const std::int64_t fetches = [&] {
                std::int64_t bytes = 0;
                for (const LayerProfile& layer : result.profile.layers())
                  bytes += layer.events[Event::kDramReadCommand];
                return bytes / kCommandBytes;
              }();
              if (result.dmi_grants == 0) return std::string("never asked for DMI");
              return result.bursts == static_cast<std::uint64_t>(fetches)
                         ? std::string()
                         : "transactions beside the fetches of commands";
            }) == expected);
  }
}

TEST_CASE("grants of parts, refusals and invalidations in the middle of a program change nothing") {
  std::uint64_t invalidated = 0;
  for (std::uint64_t seed = 21000; seed < 21060; ++seed) {
    CAPTURE(seed);
    const std::string expected = run_direct(Level::kRtl, seed, {});
    LevelOptions options;
    options.bus.random_dmi = true;
    options.bus.seed = seed;
    options.bus.base = seed % 3 * 0x1'0000'0000;
    REQUIRE(run_direct(Level::kTlm, seed, options) == expected);
    invalidated += std::stoull(in_child([&] {
      RandomCase c = make_random_case(seed);
      return std::to_string(run_level(Level::kTlm, c.mapped.program, c.config,
                                      place_images(c.mapped.program, c.network, c.images, 0xa5), options)
                                .invalidations);
    }));
  }
  CHECK(invalidated > 60);
}

TEST_CASE(
    "a bus that maps addresses and passes the hint but no DMI is served by transactions, at both levels") {
  for (std::uint64_t seed = 22000; seed < 22010; ++seed) {
    CAPTURE(seed);
    const std::string expected = run_direct(Level::kRtl, seed, {});
    LevelOptions options;
    options.bus.base = 0xffff'0000'0000;
    options.bus.allow_dmi = false;
    REQUIRE(run_direct(Level::kTlm, seed, options) == expected);
    REQUIRE(run_direct(Level::kRtl, seed, options) == expected);
  }
}

TEST_CASE("without a told timing, each burst takes the descriptor's latency") {
  for (std::uint64_t seed = 23000; seed < 23030; ++seed) {
    CAPTURE(seed);
    LevelOptions options;
    options.latency_cycles = static_cast<std::uint32_t>(seed % 80);
    options.bytes_per_cycle_numerator = 1'000'000;  // nothing but latency
    options.bytes_per_cycle_denominator = 1;
    const std::string expected = run_direct(Level::kRtl, seed, options);
    options.bus.hides_timing = true;
    REQUIRE(run_direct(Level::kTlm, seed, options) == expected);
  }
}

TEST_CASE("ranges granted and taken back are those of a model of single addresses") {
  CHECK(rc::check([] {
    constexpr std::uint64_t kAddresses = 64;
    static std::uint8_t bytes[kAddresses];
    DirectMemory memory;
    std::map<std::uint64_t, std::uint8_t*> model[2];  // address -> its byte; nullptr: refused
    const int steps = *rc::gen::inRange(1, 40);
    for (int step = 0; step < steps; ++step) {
      const auto a = *rc::gen::inRange<std::uint64_t>(0, kAddresses);
      const auto b = *rc::gen::inRange<std::uint64_t>(a, kAddresses);
      const auto access = *rc::gen::element(Access::kRead, Access::kWrite);
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          memory.forget(a, b);
          for (auto& known : model) known.erase(known.lower_bound(a), known.upper_bound(b));
          break;
        case 1:
          memory.add(access, {a, b, bytes + a, {}});
          for (std::uint64_t i = a; i <= b; ++i) model[static_cast<int>(access)][i] = bytes + i;
          break;
        default:
          memory.add(access, {a, b, nullptr, {}});
          for (std::uint64_t i = a; i <= b; ++i) model[static_cast<int>(access)][i] = nullptr;
      }
    }
    for (const Access access : {Access::kRead, Access::kWrite}) {
      const auto& known = model[static_cast<int>(access)];
      for (std::uint64_t i = 0; i < kAddresses; ++i) {
        const DirectMemory::Range* const range = memory.known(access, i);
        const auto expected = known.find(i);
        RC_ASSERT((range != nullptr) == (expected != known.end()));
        if (range == nullptr) continue;
        RC_ASSERT((range->data == nullptr ? nullptr : range->at(i)) == expected->second);
        const DirectMemory::Range* const granted = memory.granted(access, i, range->last);
        RC_ASSERT((granted != nullptr) == (expected->second != nullptr));
        RC_ASSERT(memory.granted(access, i, range->last + 1) == nullptr);
      }
    }
  }));
}

TEST_CASE("a range may end with the last address there is") {
  std::uint8_t byte = 0;
  DirectMemory memory;
  memory.add(Access::kRead, {0, UINT64_MAX, &byte, {}});
  CHECK(memory.granted(Access::kRead, 5, UINT64_MAX) != nullptr);
  CHECK(memory.granted(Access::kRead, 5, 3) == nullptr);  // around the end
  memory.forget(10, UINT64_MAX);
  CHECK(memory.known(Access::kRead, UINT64_MAX) == nullptr);
  CHECK(memory.granted(Access::kRead, 0, 9) != nullptr);
}
