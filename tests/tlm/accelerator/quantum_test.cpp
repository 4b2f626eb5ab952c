// Temporal decoupling: with b_transport, loads, stores and fetches may run ahead of time by a global quantum.
#include <catch2/catch.hpp>

#include "tests/support/child.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/tlm/accelerator/level_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::tlm_level::test;

namespace {

constexpr double kQuanta[] = {1, 10, 333, 1000, 100'000};  // ns

/// Accounts of a random program through b_transport; with the wrong data, where.
std::string run_in_quanta(Level level, std::uint64_t seed, const LevelOptions& options) {
  return in_child([&] {
    RandomCase c = make_random_case(seed);
    c.config.dram.use_nb_transport = false;
    const LevelResult result = run_level(level, c.mapped.program, c.config,
                                         place_images(c.mapped.program, c.network, c.images, 0xa5), options);
    const std::string mismatch = first_mismatch(c, result.data);
    return mismatch.empty() ? accounts(result) : mismatch;
  });
}

}  // namespace

TEST_CASE("the ideal memory: bits, cycles and events are the same at any quantum, with and without DMI") {
  for (std::uint64_t seed = 24000; seed < 24012; ++seed) {
    const std::string expected = run_in_quanta(Level::kRtl, seed, {});
    REQUIRE(expected.find("cycles") != std::string::npos);
    for (const double quantum_ns : kQuanta) {
      CAPTURE(seed, quantum_ns);
      LevelOptions options;
      options.quantum_ns = quantum_ns;
      REQUIRE(run_in_quanta(Level::kTlm, seed, options) == expected);
      options.accelerator.use_dmi = false;
      REQUIRE(run_in_quanta(Level::kTlm, seed, options) == expected);
    }
  }
}

TEST_CASE("a memory whose answers depend on the time: bits are the same at any quantum") {
  for (std::uint64_t seed = 25000; seed < 25012; ++seed) {
    for (const double quantum_ns : kQuanta) {
      CAPTURE(seed, quantum_ns);
      LevelOptions options{Memory::kHashed};
      options.seed = seed;
      options.quantum_ns = quantum_ns;
      const std::string result = run_in_quanta(Level::kTlm, seed, options);
      REQUIRE(result.find("none at command 0") == 0);
    }
  }
}

TEST_CASE("running ahead saves simulated waits") {
  // The transactions are the same; what differs is how often the kernel has to come back to the accelerator.
  const auto deltas = [](double quantum_ns) {
    return std::stoull(in_child([quantum_ns] {
      RandomCase c = make_random_case(24000);
      c.config.dram.use_nb_transport = false;
      LevelOptions options;
      options.accelerator.use_dmi = false;
      options.quantum_ns = quantum_ns;
      run_level(Level::kTlm, c.mapped.program, c.config,
                place_images(c.mapped.program, c.network, c.images, 0xa5), options);
      return std::to_string(sc_core::sc_delta_count());
    }));
  };
  CHECK(deltas(100'000) < deltas(0));
}
