// Level analytic of programs on disk: the cycles of level tlm, from commands and constants alone.
#include "testbench/run/stored_timing.h"

#include <catch2/catch.hpp>
#include <string>

#include "hw/isa/program/program_check.h"
#include "testbench/run/program_export.h"
#include "tests/support/child.h"
#include "tests/support/damaged_program.h"
#include "tests/support/random/random_case.h"
#include "tests/support/stored_case.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance::test;
using bitbalance::stored::StoredProgram;

namespace {

std::string told(const StoredProgram& program, Level level) {
  return in_child([&] {
    try {
      const StoredRun run = run_stored(program, level, [] {});
      return run.fault.empty() ? std::to_string(run.cycles) + " cycles" : "stopped: " + run.fault;
    } catch (const std::invalid_argument& refused) {
      return std::string("refused: ") + refused.what();
    }
  });
}

bool can_be_loaded(const StoredProgram& program) {
  const TemporaryFolder folder;
  for (const auto& [name, bytes] : files_of(program)) folder.write(name, bytes);
  try {
    bitbalance::stored::load_program(folder.path());
  } catch (const std::invalid_argument& /*refused*/) {
    return false;
  }
  return true;
}

bool is_time(const std::string& told) {
  return told.find(" cycles") != std::string::npos;
}

}  // namespace

TEST_CASE("random programs on disk take the same cycles at level analytic and at level tlm") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    const StoredProgram program = make_stored_case(seed);
    const std::string analytic = told(program, Level::kAnalytic);
    CHECK(is_time(analytic));
    CHECK(analytic == told(program, Level::kTlm));
  }
}

TEST_CASE("programs that no mapper writes take the cycles of level tlm, or are refused by name") {
  int timed = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    CAPTURE(seed);
    RandomCase c = make_random_case(seed);
    std::mt19937_64 random(seed);
    damage(c.mapped.program, c.config, random);
    StoredProgram program = make_stored_case(seed);
    program.constants = c.mapped.program.constants;
    if (!can_be_loaded(program) || !synchronization_flaw(c.mapped.program, c.config).empty()) continue;
    const std::string analytic = told(program, Level::kAnalytic);
    if (is_time(analytic)) {
      ++timed;
      CHECK(analytic == told(program, Level::kTlm));
    } else {
      ++refused;
      CHECK_THAT(analytic, Catch::StartsWith("refused: program: command ") ||
                               Catch::StartsWith("refused: program: its last command") ||
                               Catch::StartsWith("refused: constants.bin: command ") ||
                               Catch::StartsWith("stopped: the accelerator refuses command "));
    }
  }
  CHECK(timed > 10);
  CHECK(refused > 10);
}
