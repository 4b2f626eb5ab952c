// Whole programs of random networks on random accelerators, clock by clock: the data are the golden model's
// whatever stalls, and the accounts close.
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "base/text/enum_index.h"
#include "tests/hw/rtl/program_bench.h"
#include "tests/support/child.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl::test;

namespace {

// Empty if for each layer and engine the activities add up to the layer's cycles.
std::string open_layers(const BenchResult& result) {
  for (std::size_t l = 0; l < result.profile.layers().size(); ++l) {
    const LayerProfile& layer = result.profile.layers()[l];
    for (int e = 0; e < kEngines; ++e) {
      const ActivityCycles& cycles = layer.activity[e];
      const std::int64_t sum = std::accumulate(cycles.begin(), cycles.end(), std::int64_t{0});
      if (sum != layer.cycles) {
        return "layer " + std::to_string(l) + " engine " + std::to_string(e) + ": activities add up to " +
               std::to_string(sum) + " of " + std::to_string(layer.cycles) + " cycles";
      }
      if (*std::min_element(cycles.begin(), cycles.end()) < 0)
        return "layer " + std::to_string(l) + " engine " + std::to_string(e) + ": less than no cycles";
    }
  }
  return "";
}

// The same, and the layers' cycles to the program's.
std::string open_accounts(const BenchResult& result) {
  if (const std::string open = open_layers(result); !open.empty()) return open;
  std::int64_t total = 0;
  for (const LayerProfile& layer : result.profile.layers()) total += layer.cycles;
  return total == result.cycles ? ""
                                : "layers add up to " + std::to_string(total) + " of " +
                                      std::to_string(result.cycles) + " cycles";
}

std::string check(const RandomCase& c, const BenchResult& result) {
  if (result.fault != ProgramFault::kNone) {
    return std::string(to_string(result.fault)) + " at command " + std::to_string(result.fault_command);
  }
  if (const std::string mismatch = first_mismatch(c, result.data); !mismatch.empty()) return mismatch;
  return open_accounts(result);
}

// Everything that a run gives, as text.
std::string everything(const BenchResult& result) {
  std::string text = std::to_string(result.cycles) + " cycles, fault " + to_string(result.fault) + "\n";
  for (const LayerProfile& layer : result.profile.layers()) {
    for (const ActivityCycles& activity : layer.activity)
      for (const std::int64_t cycles : activity) text += std::to_string(cycles) + " ";
    for (int e = 0; e < kEvents; ++e) text += std::to_string(layer.events[static_cast<Event>(e)]) + " ";
    text += "\n";
  }
  for (const std::uint32_t value : result.registers) text += std::to_string(value) + " ";
  return text.append(result.data.begin(), result.data.end());
}

// Seeds first..last, each in a process of its own.
void check_seeds(std::uint64_t first, std::uint64_t last, const BenchOptions& options,
                 const CaseLimits& limits = {}) {
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    CAPTURE(seed);
    const std::string wrong = in_child([&] {
      const RandomCase c = make_random_case(seed, limits);
      BenchOptions seeded = options;
      seeded.seed = seed;
      return check(c, run_program(c.mapped.program, c.config,
                                  place_images(c.mapped.program, c.network, c.images, 0xa5), seeded));
    });
    REQUIRE(wrong == "");
  }
}

}  // namespace

TEST_CASE("random programs give the golden model's data and closed accounts") {
  check_seeds(1000, 1199, {});
}

TEST_CASE("random programs give the same data when every channel and the memory stall at random") {
  BenchOptions options;
  options.random_memory = true;
  options.stall_percent = 30;
  check_seeds(2000, 2119, options);
}

TEST_CASE("random programs give the same data when channels mostly refuse") {
  BenchOptions options;
  options.stall_percent = 80;
  check_seeds(3000, 3029, options);
}

TEST_CASE("random programs on arrays up to 256 x 256 give the same data whatever stalls") {
  CaseLimits limits;
  limits.max_size = 25;
  limits.large_arrays = true;
  check_seeds(7000, 7029, {}, limits);
  BenchOptions options;
  options.random_memory = true;
  options.stall_percent = 30;
  check_seeds(7030, 7059, options, limits);
}

TEST_CASE("random programs on accelerators of odd settings give the same data whatever stalls") {
  CaseLimits limits;
  limits.odd_settings = true;
  check_seeds(8000, 8029, {}, limits);
  BenchOptions options;
  options.random_memory = true;
  options.stall_percent = 30;
  check_seeds(8060, 8089, options, limits);
}

TEST_CASE("bits, cycles and accounts do not depend on the order in which units are called, nor on sleep") {
  for (std::uint64_t seed = 6000; seed < 6030; ++seed) {
    CAPTURE(seed);
    BenchOptions options;
    options.random_memory = seed % 3 == 1;
    options.stall_percent = seed % 3 == 2 ? 25 : 0;
    options.seed = seed;
    const auto run = [&](const std::function<void(rtl::ClockDomain&)>& prepare) {
      return in_child([&] {
        const RandomCase c = make_random_case(seed);
        return everything(run_program(c.mapped.program, c.config,
                                      place_images(c.mapped.program, c.network, c.images, 0), options,
                                      [&](rtl::Accelerator& a) { a.at_start(prepare); }));
      });
    };
    const std::string plain = run({});
    REQUIRE(plain.find(" cycles, fault none\n") != std::string::npos);
    CHECK(run([](rtl::ClockDomain& domain) { domain.keep_awake(); }) == plain);
    for (std::uint64_t order = 1; order <= 3; ++order) {
      CAPTURE(order);
      CHECK(run([&](rtl::ClockDomain& domain) { domain.permute(order); }) == plain);
    }
  }
}

TEST_CASE("what a reset cuts off is counted alike whether units slept or not, and adds up") {
  for (std::uint64_t seed = 6100; seed < 6160; ++seed) {
    CAPTURE(seed);
    BenchOptions options;
    options.random_memory = seed % 3 == 1;
    options.stall_percent = seed % 3 == 2 ? 25 : 0;
    options.seed = seed;
    const auto run = [&](const std::function<void(rtl::ClockDomain&)>& prepare) {
      return in_child([&] {
        const RandomCase c = make_random_case(seed);
        options.reset_after = static_cast<std::int64_t>(1 + seed * 7919 % 3000);
        const BenchResult result =
            run_program(c.mapped.program, c.config, place_images(c.mapped.program, c.network, c.images, 0),
                        options, [&](rtl::Accelerator& a) { a.at_start(prepare); });
        const std::string open = open_layers(result);
        return open.empty() ? everything(result) : open;
      });
    };
    const std::string plain = run({});
    REQUIRE(plain.find(" cycles, fault none\n") != std::string::npos);
    CHECK(run([](rtl::ClockDomain& domain) { domain.keep_awake(); }) == plain);
  }
}

TEST_CASE("events do not depend on stalls") {
  for (std::uint64_t seed = 4000; seed < 4020; ++seed) {
    CAPTURE(seed);
    const auto events = [seed](const BenchOptions& options) {
      return in_child([&] {
        const RandomCase c = make_random_case(seed);
        const auto result = run_program(c.mapped.program, c.config,
                                        place_images(c.mapped.program, c.network, c.images, 0), options);
        std::string text;
        for (const LayerProfile& layer : result.profile.layers()) {
          for (int e = 0; e < kEvents; ++e) {
            text += std::string(to_string(static_cast<Event>(e))) + "=" +
                    std::to_string(layer.events[static_cast<Event>(e)]) + " ";
          }
        }
        return text;
      });
    };
    BenchOptions stalled;
    stalled.random_memory = true;
    stalled.stall_percent = 40;
    stalled.seed = seed;
    const std::string calm = events({});
    REQUIRE(calm.find("shift_adds=") != std::string::npos);
    REQUIRE(calm == events(stalled));
  }
}

TEST_CASE("group_max never takes more array cycles than balanced") {
  int compared = 0;
  for (std::uint64_t seed = 5000; seed < 5030; ++seed) {
    CAPTURE(seed);
    const auto array_cycles = [seed](Synchronization synchronization) {
      return std::stoll(in_child([&] {
        RandomCase c = make_random_case(seed);
        if (c.config.synchronization == Synchronization::kTileMax) return std::string("0");
        c.config.synchronization = synchronization;  // the program is the same for both
        const auto result =
            run_program(c.mapped.program, c.config, place_images(c.mapped.program, c.network, c.images, 0));
        std::int64_t cycles = 0;
        for (const LayerProfile& layer : result.profile.layers()) {
          const ActivityCycles& compute = layer.activity[enum_index(Engine::kCompute)];
          cycles += compute[enum_index(Activity::kBusy)] + compute[enum_index(Activity::kBankConflict)];
        }
        return std::to_string(cycles);
      }));
    };
    const std::int64_t balanced = array_cycles(Synchronization::kBalanced);
    REQUIRE(array_cycles(Synchronization::kGroupMax) <= balanced);
    compared += balanced > 0 ? 1 : 0;
  }
  CHECK(compared > 10);
}
