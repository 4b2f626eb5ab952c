// Memories that answer with errors, refuse bursts, answer late or never, or break the protocol: at both
// levels the program ends with an error status, an interrupt and a reason in words, never in a hang.
#include <catch2/catch.hpp>
#include <string>

#include "hw/isa/command.h"
#include "tests/support/child.h"
#include "tests/support/expected_warnings.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random_case.h"
#include "tests/tlm/accelerator/level_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::tlm_level::test;
using Catch::Matchers::Contains;

namespace {

/// "fault: reason" of a program whose memory is bad from one of its bursts on.
std::string run(Level level, bool use_nb_transport, const BadMemoryOptions& bad) {
  return in_child([&] {
    const ExpectedWarnings any;
    RandomCase c = make_random_case(7);
    c.config.dram.use_nb_transport = use_nb_transport;
    LevelOptions options{Memory::kBad};
    options.bad = bad;
    const LevelResult result = run_level(level, c.mapped.program, c.config,
                                         place_images(c.mapped.program, c.network, c.images, 0xa5), options);
    return std::string(to_string(result.fault)) + ": " + result.reason;
  });
}

struct Row {
  Badness badness;
  tlm::tlm_response_status status;
  ProgramFault fault;
  const char* reason;
};

constexpr Row kStatuses[] = {
    {Badness::kStatus, tlm::TLM_GENERIC_ERROR_RESPONSE, ProgramFault::kMemoryError,
     "TLM_GENERIC_ERROR_RESPONSE"},
    {Badness::kStatus, tlm::TLM_ADDRESS_ERROR_RESPONSE, ProgramFault::kMemoryError,
     "TLM_ADDRESS_ERROR_RESPONSE"},
    {Badness::kStatus, tlm::TLM_COMMAND_ERROR_RESPONSE, ProgramFault::kMemoryError,
     "TLM_COMMAND_ERROR_RESPONSE"},
    {Badness::kStatus, tlm::TLM_BURST_ERROR_RESPONSE, ProgramFault::kMemoryError, "TLM_BURST_ERROR_RESPONSE"},
    {Badness::kStatus, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE, ProgramFault::kMemoryError,
     "TLM_BYTE_ENABLE_ERROR_RESPONSE"},
    {Badness::kStatus, tlm::TLM_INCOMPLETE_RESPONSE, ProgramFault::kMemoryError, "TLM_INCOMPLETE_RESPONSE"},
    {Badness::kSilent, tlm::TLM_OK_RESPONSE, ProgramFault::kTimeout, "memory has not answered"},
    {Badness::kLate, tlm::TLM_OK_RESPONSE, ProgramFault::kTimeout, "memory has not answered"},
};
constexpr Row kPhases[] = {
    {Badness::kWrongPhase, tlm::TLM_OK_RESPONSE, ProgramFault::kMemoryError,
     "the target broke the base protocol: BEGIN_REQ was answered by phase END_RESP"},
    {Badness::kTwoRequestEnds, tlm::TLM_OK_RESPONSE, ProgramFault::kMemoryError,
     "the target broke the base protocol: END_REQ out of order"},
    {Badness::kTwoAnswers, tlm::TLM_OK_RESPONSE, ProgramFault::kMemoryError,
     "the target broke the base protocol: BEGIN_RESP out of order"},
    {Badness::kWrongPath, tlm::TLM_OK_RESPONSE, ProgramFault::kMemoryError,
     "the target broke the base protocol: END_RESP out of order"},
    {Badness::kStranger, tlm::TLM_OK_RESPONSE, ProgramFault::kMemoryError,
     "BEGIN_RESP of a transaction that is not the initiator's"},
};

void check_row(const Row& row, bool use_nb_transport) {
  for (const std::uint64_t first_bad : {0, 3, 60}) {
    CAPTURE(row.reason, use_nb_transport, first_bad);
    const BadMemoryOptions bad{row.badness, row.status, first_bad};
    const std::string clocked = run(Level::kRtl, use_nb_transport, bad);
    CHECK_THAT(clocked, Contains(std::string(to_string(row.fault)) + ": "));
    CHECK_THAT(clocked, Contains(row.reason));
    const std::string transactions = run(Level::kTlm, use_nb_transport, bad);
    CHECK_THAT(transactions, Contains(std::string(to_string(row.fault)) + ": "));
    CHECK_THAT(transactions, Contains(row.reason));
    if (row.fault == ProgramFault::kMemoryError) CHECK_THAT(transactions, Contains(" of 64 bytes at 0x"));
  }
}

}  // namespace

TEST_CASE("an error status, no status, a late answer or none ends in an error and a reason") {
  for (const Row& row : kStatuses) {
    check_row(row, true);
    check_row(row, false);
  }
}

TEST_CASE("an answer that the base protocol does not allow ends in an error and a reason") {
  for (const Row& row : kPhases) check_row(row, true);
}

TEST_CASE("a good memory in the same place ends without an error") {
  for (const bool nb : {true, false}) {
    CHECK(run(Level::kRtl, nb, {}) == "none: ");
    CHECK(run(Level::kTlm, nb, {}) == "none: ");
  }
}
