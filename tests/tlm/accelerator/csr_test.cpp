// The `csr` socket of both accelerators from a bus: blocking calls with annotated delays, non-blocking ones,
// debug reads, no DMI, all within the base protocol.
#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <functional>
#include <iterator>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include "hw/isa/registers.h"
#include "hw/rtl/accelerator.h"
#include "tests/support/child.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random_case.h"
#include "tlm/accelerator/accelerator.h"
#include "tlm/check/protocol_checker.h"
#include "tlm/memory/ideal_memory.h"

using namespace bitbalance;
using namespace bitbalance::test;
using sc_core::SC_NS;
using sc_core::sc_time;

namespace {

enum class Level { kRtl, kTlm };

/// Within a child: what is wrong comes out as its result.
void require(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error("not true: " + what);
}

constexpr std::uint64_t kMemoryBytes = 1 << 20;

/// An accelerator of either level, and a bus master that does what the test says.
struct Bench : sc_core::sc_module, tlm::tlm_mm_interface {
  tlm_utils::simple_initiator_socket<Bench> bus{"bus"};
  ProtocolChecker checker{"checker"};
  sc_core::sc_signal<bool> irq{"irq"};
  sc_core::sc_clock clock{"clock", 1, SC_NS};
  sc_core::sc_signal<bool> reset{"reset"};
  IdealMemory memory;
  std::unique_ptr<rtl::Accelerator> rtl_accelerator;
  std::unique_ptr<tlm_level::Accelerator> tlm_accelerator;
  sc_time irq_time;
  tlm::tlm_generic_payload payload{this};
  std::uint32_t word = 0;
  bool answered = false;

  Bench(const sc_core::sc_module_name& name, Level level, const AcceleratorConfig& config)
      : sc_module(name), memory("memory", sized()) {
    SC_HAS_PROCESS(Bench);
    bus.register_nb_transport_bw(this, &Bench::nb_transport_bw);
    bus.bind(checker.target);
    if (level == Level::kRtl) {
      rtl_accelerator = std::make_unique<rtl::Accelerator>("accelerator", config);
      rtl_accelerator->clk(clock);
      rtl_accelerator->rst(reset);
      connect(*rtl_accelerator);
    } else {
      tlm_accelerator = std::make_unique<tlm_level::Accelerator>("accelerator", config);
      connect(*tlm_accelerator);
    }
    SC_METHOD(on_irq);
    sensitive << irq.posedge_event();
    dont_initialize();
    payload.acquire();
  }
  template <class Accelerator>
  void connect(Accelerator& accelerator) {
    checker.initiator.bind(accelerator.csr);
    accelerator.mem.bind(memory.socket);
    accelerator.irq(irq);
  }
  static IdealMemoryConfig sized() {
    IdealMemoryConfig config;
    config.bytes = kMemoryBytes;
    return config;
  }
  void on_irq() { irq_time = sc_core::sc_time_stamp(); }
  void free(tlm::tlm_generic_payload*) override {}
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_time&) {
    answered = answered || phase == tlm::BEGIN_RESP;
    return phase == tlm::BEGIN_RESP ? tlm::TLM_COMPLETED : tlm::TLM_ACCEPTED;
  }
  tlm::tlm_generic_payload& prepare(tlm::tlm_command command, Register target, std::uint32_t value) {
    word = value;
    payload.set_command(command);
    payload.set_address(offset_of(target));
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&word));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return payload;
  }
  void write(Register target, std::uint32_t value, double delay_ns = 0) {
    sc_time delay(delay_ns, SC_NS);
    bus->b_transport(prepare(tlm::TLM_WRITE_COMMAND, target, value), delay);
    require(payload.is_response_ok(), "write answered with OK");
  }
  std::uint32_t read(Register source, sc_time delay = sc_core::SC_ZERO_TIME) {
    const sc_time time = sc_core::sc_time_stamp() + delay;
    bus->b_transport(prepare(tlm::TLM_READ_COMMAND, source, 0), delay);
    require(sc_core::sc_time_stamp() + delay == time, "answered at the time of the read");
    require(payload.is_response_ok(), "read answered with OK");
    return word;
  }
};

/// What `act` says on an accelerator of each level: the same.
std::string on_both_levels(const std::function<std::string(Bench&)>& act,
                           const AcceleratorConfig& config = {}) {
  const auto on = [&](Level level) {
    return in_child([&] {
      Bench bench("bench", level, config);
      sc_core::sc_start(sc_core::SC_ZERO_TIME);
      const std::string result = act(bench);
      return result + bench.checker.text();
    });
  };
  std::string clocked = on(Level::kRtl);
  CHECK(on(Level::kTlm) == clocked);
  return clocked;
}

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
          sc_core::sc_start(sc_time(100, sc_core::SC_US));
          return read;
        },
        c.config);
    CHECK(seen.find("CYCLES_LO") != std::string::npos);
  }
}

TEST_CASE("a non-blocking register write is answered and takes effect") {
  CHECK(on_both_levels([](Bench& bench) {
          tlm::tlm_phase phase = tlm::BEGIN_REQ;
          sc_time delay(3, SC_NS);
          bench.bus->nb_transport_fw(bench.prepare(tlm::TLM_WRITE_COMMAND, Register::kDataBytes, 4711), phase,
                                     delay);
          sc_core::sc_start(sc_time(20, SC_NS));
          require(bench.answered && bench.payload.is_response_ok(), "answered with OK");
          return std::to_string(bench.read(Register::kDataBytes)) + "\n";
        }) == "4711\n");
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
