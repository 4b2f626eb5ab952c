// Memories that answer with errors, refuse bursts, answer late or never, or break the protocol: at both
// levels the program ends with an error status, an interrupt and a reason in words, never in a hang.
#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "hw/isa/command/command.h"
#include "hw/isa/registers.h"
#include "hw/rtl/accelerator.h"
#include "tests/support/child.h"
#include "tests/support/expected_warnings.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/tlm/accelerator/level_bench.h"
#include "tlm/accelerator/accelerator.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::tlm_level::test;
using Catch::Matchers::Contains;

namespace {

/// "fault: reason" of a program whose memory is bad from one of its bursts on.
std::string run_in_bad_memory(Level level, bool use_nb_transport, const BadMemoryOptions& bad) {
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
    const std::string clocked = run_in_bad_memory(Level::kRtl, use_nb_transport, bad);
    CHECK_THAT(clocked, Contains(std::string(to_string(row.fault)) + ": "));
    CHECK_THAT(clocked, Contains(row.reason));
    const std::string transactions = run_in_bad_memory(Level::kTlm, use_nb_transport, bad);
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

TEST_CASE("who waits for whom in a memory that does not answer is the same at both levels") {
  for (std::uint64_t first_silent = 0; first_silent < 100; first_silent += 3) {
    CAPTURE(first_silent);
    const BadMemoryOptions bad{Badness::kSilent, tlm::TLM_OK_RESPONSE, first_silent};
    const std::string clocked = run_in_bad_memory(Level::kRtl, true, bad);
    CHECK(run_in_bad_memory(Level::kTlm, true, bad) == clocked);
  }
}

TEST_CASE("an answer that the base protocol does not allow ends in an error and a reason") {
  for (const Row& row : kPhases) check_row(row, true);
}

TEST_CASE("a good memory in the same place ends without an error") {
  for (const bool nb : {true, false}) {
    CHECK(run_in_bad_memory(Level::kRtl, nb, {}) == "none: ");
    CHECK(run_in_bad_memory(Level::kTlm, nb, {}) == "none: ");
  }
}

TEST_CASE("a memory that sets no response status is named, or tolerated") {
  for (const bool nb : {true, false}) {
    for (const bool tolerant : {false, true}) {
      for (const Level level : {Level::kRtl, Level::kTlm}) {
        CAPTURE(nb, tolerant);
        const std::string result = in_child([&] {
          const ExpectedWarnings warnings;
          RandomCase c = make_random_case(7);
          c.config.dram.use_nb_transport = nb;
          LevelOptions options{Memory::kBad};
          options.bad.badness = Badness::kStatus;
          options.bad.status = tlm::TLM_INCOMPLETE_RESPONSE;
          options.accelerator.tolerant_memory = tolerant;
          const LevelResult run =
              run_level(level, c.mapped.program, c.config,
                        place_images(c.mapped.program, c.network, c.images, 0xa5), options);
          int named = 0;
          for (const std::string& text : warnings.texts())
            named += static_cast<int>(text.find("AcceleratorOptions::tolerant_memory") != std::string::npos);
          const std::string mismatch = tolerant ? first_mismatch(c, run.data) : "";
          return std::string(to_string(run.fault)) + ", named " + std::to_string(named) + mismatch;
        });
        CHECK(result == (tolerant ? "none, named 0" : "the memory answered with an error, named 1"));
      }
    }
  }
}

namespace {

/// A bus that knows b_transport only.
struct Router : sc_core::sc_module {
  tlm_utils::passthrough_target_socket<Router> socket{"socket"};
  explicit Router(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_b_transport(this, &Router::b_transport);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& /*delay*/) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

struct BareBus : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<BareBus> socket{"socket"};
  explicit BareBus(const sc_core::sc_module_name& name) : sc_module(name) {}
};

}  // namespace

TEST_CASE("a target without nb_transport ends the simulation in a message that names the setting") {
  const auto message_of = [](auto start) {
    return in_child([&] {
      Router router("router");
      sc_core::sc_signal<bool> irq("irq");
      return start(router, irq);
    });
  };
  const auto run_and_fail = [](auto& accelerator, Router& router, sc_core::sc_signal<bool>& irq) {
    accelerator.mem.bind(router.socket);
    accelerator.irq(irq);
    BareBus bus("bus");
    bus.socket.bind(accelerator.csr);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    for (const auto& [target, value] : {std::pair(Register::kConstantsBytes, 4096u),
                                        std::pair(Register::kControl, std::uint32_t{kControlStart})}) {
      std::uint32_t word = value;
      tlm::tlm_generic_payload payload;
      payload.set_write();
      payload.set_address(offset_of(target));
      payload.set_data_ptr(reinterpret_cast<unsigned char*>(&word));
      payload.set_data_length(4);
      payload.set_streaming_width(4);
      sc_core::sc_time delay;
      bus.socket->b_transport(payload, delay);
    }
    try {
      sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_US));
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const std::string clocked = message_of([&](Router& router, sc_core::sc_signal<bool>& irq) {
    sc_core::sc_clock clock("clock", 1, sc_core::SC_NS);
    sc_core::sc_signal<bool> reset("reset");
    rtl::Accelerator accelerator("accelerator", {});
    accelerator.clk(clock);
    accelerator.rst(reset);
    return run_and_fail(accelerator, router, irq);
  });
  CHECK_THAT(clocked, Contains("dram.use_nb_transport = false"));
  const std::string transactions = message_of([&](Router& router, sc_core::sc_signal<bool>& irq) {
    tlm_level::Accelerator accelerator("accelerator", {});
    return run_and_fail(accelerator, router, irq);
  });
  CHECK_THAT(transactions, Contains("dram.use_nb_transport = false"));
}
