// Both accelerators in front of every kind of peer that supports one legal way of the base protocol only.
#include <catch2/catch.hpp>
#include <string>

#include "tests/support/child.h"
#include "tests/support/expected_warnings.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/tlm/accelerator/level_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::tlm_level::test;
using Catch::Matchers::Contains;
using port::ResponseEnd;

namespace {

constexpr ResponseEnd kResponseEnds[] = {ResponseEnd::kUpdated, ResponseEnd::kCompleted,
                                         ResponseEnd::kForward};

/// Accounts of a random program whose data are right; else what is wrong.
std::string run_beside_peers(Level level, std::uint64_t seed, const LevelOptions& options) {
  return in_child([&] {
    const ExpectedWarnings watchdog("no progress");
    const RandomCase c = make_random_case(seed);
    const LevelResult result = run_level(level, c.mapped.program, c.config,
                                         place_images(c.mapped.program, c.network, c.images, 0xa5), options);
    if (result.fault != ProgramFault::kNone)
      return std::string(to_string(result.fault)) + ": " + result.reason;
    const std::string mismatch = first_mismatch(c, result.data);
    return mismatch.empty() ? accounts(result) : mismatch;
  });
}

bool responds_backward(RequestWay way) {
  return way != RequestWay::kCompleted && way != RequestWay::kResponseReturned;
}

}  // namespace

TEST_CASE("every peer of one way gets its way: right data, and the same cycles at both levels") {
  std::uint64_t seed = 31000;
  for (const RequestWay way : kRequestWays) {
    for (const ResponseEnd end : kResponseEnds) {
      for (const bool annotates : {false, true}) {
        CAPTURE(static_cast<int>(way), static_cast<int>(end), annotates, ++seed);
        LevelOptions options{Memory::kPeer};
        options.peer = {way, end, annotates};
        options.accelerator.response_end = end;
        const std::string expected = run_beside_peers(Level::kRtl, seed, options);
        REQUIRE_THAT(expected, Contains("none at command 0"));
        REQUIRE(run_beside_peers(Level::kTlm, seed, options) == expected);
      }
    }
  }
}

TEST_CASE("a peer whose response is ended in another way hangs, and is named") {
  for (const RequestWay way : kRequestWays) {
    if (!responds_backward(way)) continue;
    for (const ResponseEnd peers : kResponseEnds) {
      for (const ResponseEnd ours : kResponseEnds) {
        if (peers == ours) continue;
        CAPTURE(static_cast<int>(way), static_cast<int>(peers), static_cast<int>(ours));
        LevelOptions options{Memory::kPeer};
        options.peer = {way, peers, false};
        options.accelerator.response_end = ours;
        for (const Level level : {Level::kRtl, Level::kTlm})
          REQUIRE_THAT(run_beside_peers(level, 31000, options),
                       Contains("no progress") && Contains("memory has not answered"));
      }
    }
  }
}
