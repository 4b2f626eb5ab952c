// The `csr` socket of both accelerators from a bus, and the interrupt line: blocking calls with annotated
// delays, non-blocking ones, debug reads, no DMI, all within the base protocol; then a bus that leaves the
// protocol.
#include <fmt/format.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <catch2/catch.hpp>
#include <functional>
#include <iterator>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include "hw/isa/registers.h"
#include "hw/rtl/accelerator.h"
#include "hw/rtl/clock/gated_clock.h"
#include "tests/support/child.h"
#include "tests/support/expected_warnings.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/tlm/accelerator/csr_bench.h"
#include "tlm/accelerator/accelerator.h"
#include "tlm/check/protocol_checker.h"
#include "tlm/memory/ideal_memory.h"

using namespace bitbalance;
using namespace bitbalance::test;
using sc_core::SC_NS;
using sc_core::sc_time;
using tlm_level::test::kMemoryBytes;
using tlm_level::test::Level;
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

namespace {

/// When the interrupt line changes, in words, in 1 us after a program that cannot start; it rises at 100 ns.
/// `act` is called at 200 ns.
std::string line_of(const std::function<void(Bench&)>& act) {
  return on_both_levels([&act](Bench& bench) {
    std::string changes;
    sc_core::sc_spawn_options on_change;
    on_change.spawn_method();
    on_change.dont_initialize();
    on_change.set_sensitivity(&bench.irq.value_changed_event());
    sc_core::sc_spawn(
        [&] {
          changes +=
              std::string(bench.irq.read() ? "up " : "down ") + sc_core::sc_time_stamp().to_string() + " ";
        },
        "on_change", &on_change);
    bench.write(Register::kIrqEnable, kIrqError);
    bench.write(Register::kControl, kControlStart, 99.5);
    sc_core::sc_spawn([&] {
      sc_core::wait(sc_time(200, SC_NS));
      act(bench);
    });
    sc_core::sc_start(sc_time(1000, SC_NS));
    return changes;
  });
}

}  // namespace

TEST_CASE("the interrupt line falls with the access that lowers it, however far that is ahead of time") {
  for (const double ahead_ns : {0.0, 0.5, 100.0, 500'000.0}) {
    CAPTURE(ahead_ns);
    CHECK(line_of([=](Bench& b) { b.write(Register::kIrqStatus, kIrqError, ahead_ns); }) ==
          "up 100 ns down 200 ns ");
    CHECK(line_of([=](Bench& b) { b.write(Register::kIrqEnable, kIrqDone, ahead_ns); }) ==
          "up 100 ns down 200 ns ");
    CHECK(line_of([=](Bench& b) { b.write(Register::kControl, kControlSoftReset, ahead_ns); }) ==
          "up 100 ns down 200 ns ");
    CHECK(line_of([=](Bench& b) { b.write(Register::kIrqStatus, kIrqDone, ahead_ns); }) == "up 100 ns ");
  }
}

TEST_CASE("the interrupt line rises at the clock edge at which the registers change") {
  CHECK(line_of([](Bench& b) {
          b.write(Register::kIrqEnable, 0);
          b.write(Register::kIrqEnable, kIrqError, 49.5);
        }) == "up 100 ns down 200 ns up 250 ns ");
}

TEST_CASE("a handler of a processor that runs ahead of time is entered once for each interrupt") {
  for (const double quantum_us : {0.0, 1.0, 1000.0}) {
    CAPTURE(quantum_us);
    CHECK(on_both_levels([quantum_us](Bench& bench) {
            tlm::tlm_global_quantum::instance().set(sc_time(quantum_us, sc_core::SC_US));
            int handled = 0, started = 0;
            sc_core::sc_spawn([&] {
              tlm_utils::tlm_quantumkeeper time;
              time.reset();
              const auto write = [&](Register target, std::uint32_t value) {
                bench.write(target, value, time.get_local_time().to_seconds() * 1e9);
              };
              write(Register::kIrqEnable, kIrqError);
              for (int instruction = 0; instruction < 45'000; ++instruction) {
                if (instruction % 1000 == 0 && started < 3 && started == handled) {
                  write(Register::kControl, kControlStart);
                  ++started;
                }
                if (bench.irq.read()) {
                  ++handled;
                  write(Register::kIrqStatus, kIrqError);
                }
                time.inc(sc_time(100, SC_NS));
                if (time.need_sync()) time.sync();
              }
            });
            sc_core::sc_start(sc_time(5, sc_core::SC_MS));
            return std::to_string(handled) + " of " + std::to_string(started) + "\n";
          }) == "3 of 3\n");
  }
}

TEST_CASE("a start with a base that is not aligned is refused by a code of its own") {
  for (const Register base : {Register::kConstantsBaseLo, Register::kDataBaseLo}) {
    for (const std::uint32_t address : {1u, 64u, 0x10080u}) {
      CAPTURE(info(base).name, address);
      CHECK(on_both_levels([=](Bench& bench) {
              bench.write(Register::kConstantsBytes, 4096);
              bench.write(base, address);
              require(bench.read(base) == address, "the register reads as written");
              bench.write(Register::kControl, kControlStart);
              sc_core::sc_start(sc_time(1000, SC_NS));
              require((bench.read(Register::kStatus) & kStatusError) != 0, "STATUS.error");
              return std::to_string(bench.read(Register::kError)) + "\n";
            }) == std::to_string(static_cast<int>(ProgramFault::kMisalignedRegion)) + "\n");
    }
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

namespace {

struct RegisterBus : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<RegisterBus> socket{"socket"};
  explicit RegisterBus(const sc_core::sc_module_name& name) : sc_module(name) {}
};

}  // namespace

TEST_CASE("an idle clocked accelerator needs no clock") {
  CHECK(in_child([] {
          rtl::GatedClock clock("clock", sc_time(1, SC_NS));
          clock.start();
          sc_core::sc_signal<bool> reset("reset"), irq("irq");
          rtl::Accelerator accelerator("accelerator", {});
          accelerator.clk(clock.signal);
          accelerator.rst(reset);
          accelerator.irq(irq);
          accelerator.observe_clock_need([&clock](bool needed) { needed ? clock.start() : clock.stop(); });
          IdealMemory memory("memory", Bench::sized());
          accelerator.mem.bind(memory.socket);
          RegisterBus bus("bus");
          bus.socket.bind(accelerator.csr);
          std::string edges;
          int rising = 0;
          sc_core::sc_spawn_options on_edge;
          on_edge.spawn_method();
          on_edge.dont_initialize();
          on_edge.set_sensitivity(&clock.signal.posedge_event());
          sc_core::sc_spawn([&] { ++rising; }, "on_edge", &on_edge);
          const auto run = [&](double ns) {
            rising = 0;
            sc_core::sc_start(sc_time(ns, SC_NS));
            edges += std::to_string(rising) + (irq.read() ? " irq " : " ");
          };
          const auto write = [&](Register target, std::uint32_t value) {
            tlm::tlm_generic_payload payload;
            payload.set_write();
            payload.set_address(offset_of(target));
            payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
            payload.set_data_length(4);
            payload.set_streaming_width(4);
            sc_time delay;
            bus.socket->b_transport(payload, delay);
          };
          run(1000);  // units look once and fall asleep
          run(1000);
          write(Register::kIrqEnable, kIrqError);
          write(Register::kConstantsBytes, 4096);
          run(1000);
          write(Register::kControl, kControlStart);  // reads 64 bytes that are no program
          run(1000);
          run(1000);
          reset.write(true);
          run(10);
          reset.write(false);
          run(1000);
          return edges;
        }) == "1 0 1 60 irq 0 irq 9 1 ");
}

TEST_CASE("a start takes effect that a soft reset precedes before the same edge") {
  const std::string seen = on_both_levels([](Bench& bench) {
    bench.write(Register::kConstantsBytes, 4096);  // where there is no program
    std::string text;
    for (const bool start_first : {false, true}) {
      if (start_first) bench.write(Register::kControl, kControlStart);
      bench.write(Register::kControl, kControlSoftReset);
      if (!start_first) bench.write(Register::kControl, kControlStart);
      text += fmt::format("{:#x} ", bench.read(Register::kStatus));
      sc_core::sc_start(sc_time(1000, SC_NS));
      text += fmt::format("{:#x} ", bench.read(Register::kStatus));
    }
    return text;
  });
  CHECK(seen == fmt::format("{:#x} {:#x} {:#x} {:#x} ", kStatusBusy, kStatusIdle | kStatusError, kStatusIdle,
                            kStatusIdle));
}

namespace {

/// Writes CONTROL and the regions at random, and holds what is read against a model of what was written.
class RandomControl {
 public:
  RandomControl(Bench& bench, unsigned seed) : bench_(bench), random_(seed) {}

  void act() {
    sc_core::wait(sc_time(250.0 * static_cast<double>(random_() % 6), sc_core::SC_PS));
    const auto what = random_() % 9;
    if (what < 3) {
      start();
      if (random_() % 2 == 0) write_region();
    } else if (what < 6) {
      soft_reset();
    } else if (what == 6) {
      write_region();
    } else {
      if (what == 8) sc_core::wait(sc_time(500, SC_NS));
      read(what == 8);
    }
  }
  const std::string& text() const { return text_; }

 private:
  void write_region() {
    is_aligned_ = random_() % 2 == 0;
    bench_.write(Register::kDataBaseLo, is_aligned_ ? 256 : 64);
  }
  void start() {
    const bool accepted = (bench_.read(Register::kStatus) & kStatusIdle) != 0;
    bench_.write(Register::kControl, kControlStart);
    if (!accepted) return;
    fails_ = true;  // there is no program
    started_aligned_ = is_aligned_;
    require(bench_.read(Register::kStatus) == kStatusBusy, "busy at once");
    require(bench_.read(Register::kError) == 0, "no error of the last program");
    require(bench_.read(Register::kCyclesLo) == 0, "no cycles of the last program");
  }
  void soft_reset() {
    bench_.write(Register::kControl, kControlSoftReset);
    fails_ = false;
    const std::uint32_t status = bench_.read(Register::kStatus);
    require(status == kStatusBusy || status == kStatusIdle, "neither done nor error after a soft reset");
    require(bench_.read(Register::kError) == 0, "no error after a soft reset");
    require(bench_.read(Register::kIrqStatus) == 0, "no event after a soft reset");
  }
  void read(bool settled) {
    const std::uint32_t status = bench_.read(Register::kStatus);
    const std::uint32_t error = bench_.read(Register::kError);
    text_ += fmt::format("{:#x} {:#x} {} ", status, error, bench_.read(Register::kCyclesLo));
    if (!settled) return;
    require(status == (kStatusIdle | (fails_ ? kStatusError : 0)), "as promised");
    require(bench_.read(Register::kIrqStatus) == (fails_ ? kIrqError : 0), "an event of each stop");
    require((error != 0) == fails_, "an error of each stop");
    const bool is_misaligned = error == static_cast<std::uint32_t>(ProgramFault::kMisalignedRegion);
    require(is_misaligned == (fails_ && !started_aligned_), "the regions are those of the start");
  }

  Bench& bench_;
  std::mt19937 random_;
  std::string text_;
  bool fails_ = false;  ///< what was started and not reset
  bool is_aligned_ = true;
  bool started_aligned_ = true;
};

}  // namespace

TEST_CASE("random starts, soft resets and regions do what the registers promised, at both levels") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    const std::string seen = on_both_levels([seed](Bench& bench) {
      bench.write(Register::kConstantsBytes, 4096);  // where there is no program
      RandomControl control(bench, seed);
      sc_core::sc_spawn([&] {
        for (int i = 0; i < 300; ++i) control.act();
      });
      sc_core::sc_start(sc_time(100, sc_core::SC_US));
      return control.text();
    });
    CHECK(seen.size() > 100);
    CHECK(seen.find("exception") == std::string::npos);
    CHECK(seen.find("not true") == std::string::npos);
  }
}

TEST_CASE("a region that is written after a start and before its clock edge is the next program's") {
  const std::string seen = on_both_levels([](Bench& bench) {
    bench.write(Register::kConstantsBytes, 4096);  // where there is no program
    std::string text;
    for (const std::uint32_t after : {64u, 256u}) {
      bench.write(Register::kControl, kControlStart);
      bench.write(Register::kDataBaseLo, after);
      sc_core::sc_start(sc_time(1000, SC_NS));
      text += bench.read(Register::kError) == static_cast<std::uint32_t>(ProgramFault::kMisalignedRegion)
                  ? "misaligned "
                  : "other ";
    }
    return text;
  });
  CHECK(seen == "other misaligned ");
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
