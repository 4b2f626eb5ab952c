// The `csr` socket of both accelerators from a bus: blocking calls with annotated delays, non-blocking ones,
// debug reads, no DMI, all within the base protocol; then a bus that leaves the protocol.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>
#include <random>
#include <string>

#include "hw/isa/registers.h"
#include "tests/support/expected_warnings.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/tlm/accelerator/csr_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using sc_core::SC_NS;
using sc_core::sc_time;
using tlm_level::test::kMemoryBytes;
using tlm_level::test::on_both_levels;
using tlm_level::test::require;

namespace {

using Bench = tlm_level::test::CsrBench;

/// Time of the interrupt of a program that cannot start; the start is written at `at`, `delay` ahead.
std::string interrupt_after(double at, double delay) {
  return on_both_levels([=](Bench& bench) {
    if (at > 0) sc_core::sc_start(sc_time(at, SC_NS));
    bench.write(Register::kIrqEnable, kIrqError);
    bench.write(Register::kControl, kControlStart, delay);
    sc_core::sc_start(sc_time(1000, SC_NS));
    require((bench.read(Register::kStatus) & kStatusError) != 0, "STATUS.error");
    return bench.irq_time.to_string();
  });
}

}  // namespace

TEST_CASE("a start takes effect at the first edge later than its time, annotated delay included") {
  const std::string at_100 = interrupt_after(0, 99.5);
  CHECK(interrupt_after(0, 99.9) == at_100);
  CHECK(interrupt_after(0, 99) == at_100);
  CHECK(interrupt_after(50.5, 49) == at_100);
  CHECK(interrupt_after(99.5, 0) == at_100);
  CHECK(at_100 == "100 ns");
  CHECK(interrupt_after(0, 100) == "101 ns");
}

TEST_CASE("a read sees the state of its time, annotated delay included, and an edge at that time") {
  // A program that cannot start: written at 99.5 ns, it ends at the edge of 100 ns.
  const auto status_at = [](double ns, double ahead_ns) {
    return on_both_levels([=](Bench& bench) {
      std::string status;
      bench.write(Register::kControl, kControlStart, 99.5);
      sc_core::sc_spawn([&] {
        sc_core::wait(sc_time(ns, SC_NS) - sc_time(ahead_ns, SC_NS));
        status = std::to_string(bench.read(Register::kStatus, sc_time(ahead_ns, SC_NS)));
      });
      sc_core::sc_start(sc_time(1000, SC_NS));
      return status;
    });
  };
  for (const double ahead_ns : {0.0, 0.5, 1.0, 30.0, 99.0}) {
    CAPTURE(ahead_ns);
    CHECK(status_at(99.4, ahead_ns) == std::to_string(kStatusIdle));
    CHECK(status_at(99.9, ahead_ns) == std::to_string(kStatusBusy));
    CHECK(status_at(100, ahead_ns) == std::to_string(kStatusIdle | kStatusError));
    CHECK(status_at(100.1, ahead_ns) == std::to_string(kStatusIdle | kStatusError));
  }
}

TEST_CASE("a process that the clock or the interrupt woke at an edge reads what the edge left") {
  CHECK(on_both_levels([](Bench& bench) {
          std::string status;
          const auto read = [&] { status += std::to_string(bench.read(Register::kStatus)) + " "; };
          bench.write(Register::kIrqEnable, kIrqError);
          bench.write(Register::kControl, kControlStart, 99.5);
          sc_core::sc_spawn([&] {
            while (sc_core::sc_time_stamp() < sc_time(100, SC_NS)) sc_core::wait(bench.clock.posedge_event());
            read();
          });
          sc_core::sc_spawn([&] {
            sc_core::wait(bench.irq.posedge_event());
            sc_core::wait(1, SC_NS);
            read();
          });
          sc_core::sc_start(sc_time(1000, SC_NS));
          return status;
        }) == "9 9 ");
}

TEST_CASE("a running program is read alike at both levels, before, at and after edges") {
  for (std::uint64_t seed = 26000; seed < 26010; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed);
    const Program& program = c.mapped.program;
    const auto data = place_images(program, c.network, c.images, 0);
    const std::uint64_t data_base = (program.constants.size() + 255) / 256 * 256;
    REQUIRE(data_base + data.size() < kMemoryBytes);
    const std::string seen = on_both_levels(
        [&](Bench& bench) {
          std::copy(program.constants.begin(), program.constants.end(), bench.memory.data().begin());
          std::copy(data.begin(), data.end(),
                    bench.memory.data().begin() + static_cast<std::ptrdiff_t>(data_base));
          bench.write(Register::kConstantsBytes, static_cast<std::uint32_t>(program.constants.size()));
          bench.write(Register::kDataBaseLo, static_cast<std::uint32_t>(data_base));
          bench.write(Register::kDataBytes, static_cast<std::uint32_t>(data.size()));
          bench.write(Register::kControl, kControlStart);
          std::string read;
          sc_core::sc_spawn([&] {
            std::mt19937 random(static_cast<unsigned>(seed));
            for (int i = 0; i < 1500; ++i) {
              // Quarters of a cycle; the next access is up to three cycles on.
              const sc_time step(250.0 * static_cast<double>(random() % 12), sc_core::SC_PS);
              const sc_time ahead(250.0 * static_cast<double>(random() % 12), sc_core::SC_PS);
              sc_core::wait(step);
              const Register kRead[] = {Register::kStatus,     Register::kIrqStatus, Register::kCommandsDone,
                                        Register::kCyclesLo,   Register::kBusyLoad,  Register::kBusyCompute,
                                        Register::kBusyVector, Register::kBusyStore};
              const Register source = kRead[random() % std::size(kRead)];
              const std::uint32_t value = bench.read(source, ahead);
              read += sc_core::sc_time_stamp().to_string() + " " + info(source).name + " " +
                      std::to_string(value) + "\n";
            }
          });
          sc_core::sc_start(sc_time(100'000.5, SC_NS));                               // between edges
          if (bench.read(Register::kStatus) != kStatusBusy) bench.profile().clear();  // changes no register
          for (const Register busy : {Register::kBusyLoad, Register::kBusyCompute, Register::kBusyStore})
            read += std::to_string(bench.read(busy)) + " ";
          return read;
        },
        c.config);
    CHECK(seen.find("CYCLES_LO") != std::string::npos);
  }
}

TEST_CASE("non-blocking register writes are answered and take effect, however the bus ends the response") {
  using port::ResponseEnd;
  for (const ResponseEnd end : {ResponseEnd::kCompleted, ResponseEnd::kUpdated, ResponseEnd::kForward}) {
    CAPTURE(static_cast<int>(end));
    CHECK(on_both_levels([end](Bench& bench) {
            bench.response_end = end;
            std::string read;
            for (const std::uint32_t value : {4711u, 4712u}) {
              tlm::tlm_phase phase = tlm::BEGIN_REQ;
              sc_time delay(3, SC_NS);
              bench.answered = false;
              bench.bus->nb_transport_fw(bench.prepare(tlm::TLM_WRITE_COMMAND, Register::kDataBytes, value),
                                         phase, delay);
              sc_core::sc_start(sc_time(20, SC_NS));
              require(bench.answered && bench.payload.is_response_ok(), "answered with OK");
              if (end == ResponseEnd::kForward) {
                phase = tlm::END_RESP;
                delay = sc_core::SC_ZERO_TIME;
                bench.bus->nb_transport_fw(bench.payload, phase, delay);
              }
              read += std::to_string(bench.read(Register::kDataBytes)) + "\n";
            }
            return read;
          }) == "4711\n4712\n");
  }
}

TEST_CASE("a streaming width of 0 is refused and named once, or stands for the data length") {
  const auto access = [](Bench& bench, tlm::tlm_command command) {
    const ExpectedWarnings warnings("streaming width");  // the checker's, too
    bench.prepare(command, Register::kDataBytes, 0x1234);
    bench.payload.set_streaming_width(0);
    sc_time delay;
    bench.bus->b_transport(bench.payload, delay);
    int named = 0;
    for (const std::string& text : warnings.texts())
      named += static_cast<int>(text.find("AcceleratorOptions::tolerant_csr") != std::string::npos);
    return std::string(bench.payload.get_response_string()) + " " + std::to_string(named) + " ";
  };
  const auto both = [&access](Bench& bench) {
    std::string text = access(bench, tlm::TLM_WRITE_COMMAND);
    text += access(bench, tlm::TLM_READ_COMMAND);
    sc_core::sc_start(sc_time(20, SC_NS));
    text += std::to_string(bench.read(Register::kDataBytes)) + "\n";
    return text;
  };
  CHECK_THAT(on_both_levels(both),
             Catch::StartsWith("TLM_BURST_ERROR_RESPONSE 1 TLM_BURST_ERROR_RESPONSE 0 0\n"));
  AcceleratorOptions tolerant;
  tolerant.tolerant_csr = true;
  CHECK_THAT(on_both_levels(both, {}, tolerant),
             Catch::StartsWith("TLM_OK_RESPONSE 0 TLM_OK_RESPONSE 0 4660\n"));
}

TEST_CASE("debug reads have no effect and no DMI is granted") {
  const std::string wrong = on_both_levels([](Bench& bench) {
    bench.write(Register::kDataBytes, 0x01020304);
    bench.prepare(tlm::TLM_READ_COMMAND, Register::kDataBytes, 0);
    require(bench.bus->transport_dbg(bench.payload) == 4, "4 bytes read");
    require(bench.word == 0x01020304, "the register's value");
    bench.prepare(tlm::TLM_WRITE_COMMAND, Register::kDataBytes, 5);
    require(bench.bus->transport_dbg(bench.payload) == 0, "no byte written");
    require(bench.read(Register::kDataBytes) == 0x01020304, "the register's value as before");
    require(!bench.payload.is_dmi_allowed(), "no DMI hint");
    tlm::tlm_dmi dmi;
    require(!bench.bus->get_direct_mem_ptr(bench.payload, dmi), "no DMI");
    return std::string();
  });
  CHECK(wrong.empty());
}
