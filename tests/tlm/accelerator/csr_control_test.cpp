// What registers start, stop and announce, alike at both levels: starts, soft resets, regions, the interrupt
// line, and the clock that an idle accelerator can do without.
#include <fmt/format.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <catch2/catch.hpp>
#include <functional>
#include <random>
#include <string>

#include "hw/isa/registers.h"
#include "hw/rtl/accelerator.h"
#include "hw/rtl/clock/gated_clock.h"
#include "tests/support/child.h"
#include "tests/tlm/accelerator/csr_bench.h"
#include "tlm/memory/ideal_memory.h"

using namespace bitbalance;
using namespace bitbalance::test;
using sc_core::SC_NS;
using sc_core::sc_time;
using tlm_level::test::on_both_levels;
using tlm_level::test::require;

namespace {

using Bench = tlm_level::test::CsrBench;

void do_nothing(Bench&) {}

/// When the interrupt line changes, in words, in 1 us after a program that cannot start; it rises at 100 ns.
/// `act` is called at 200 ns, `act_before` at 50 ns.
std::string line_of(const std::function<void(Bench&)>& act,
                    const std::function<void(Bench&)>& act_before = do_nothing) {
  return on_both_levels([&](Bench& bench) {
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
      sc_core::wait(sc_time(50, SC_NS));
      act_before(bench);
      sc_core::wait(sc_time(150, SC_NS));
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

TEST_CASE("the interrupt line rises whatever is to lower it later") {
  const auto mask_ahead = [](Bench& b) {
    b.write(Register::kIrqEnable, 0, 500);
    b.write(Register::kIrqEnable, kIrqError, 600);
  };
  CHECK(line_of(do_nothing, mask_ahead) == "up 100 ns down 551 ns up 651 ns ");
  CHECK(line_of([](Bench& b) { b.write(Register::kIrqStatus, kIrqDone, 700); }, mask_ahead) ==
        "up 100 ns down 551 ns up 651 ns ");
  CHECK(line_of([](Bench& b) { b.write(Register::kIrqStatus, kIrqError, 100); }, mask_ahead) ==
        "up 100 ns down 200 ns ");
}

TEST_CASE("an event that is cleared ahead of time stays cleared whatever the line does until then") {
  for (const bool soft_reset : {false, true}) {
    CAPTURE(soft_reset);
    CHECK(line_of([=](Bench& b) {
            b.write(Register::kIrqEnable, 0, 10);
            b.write(Register::kIrqEnable, kIrqError, 50);
            if (soft_reset) {
              b.write(Register::kControl, kControlSoftReset, 100);
            } else {
              b.write(Register::kIrqStatus, kIrqError, 100);
            }
          }) == "up 100 ns down 200 ns ");
  }
  CHECK(line_of(do_nothing, [](Bench& b) { b.write(Register::kIrqStatus, kIrqError, 500); }) ==
        "up 100 ns down 551 ns ");
  CHECK(line_of([](Bench& b) {  // the second program's event is a new one
          b.write(Register::kControl, kControlStart, 99.5);
          b.write(Register::kIrqStatus, kIrqError, 300);
        }) == "up 100 ns down 200 ns up 300 ns down 501 ns ");
}

TEST_CASE("a write at the instant of the rise lowers the line at once if it answers to it") {
  for (const double ahead_ns : {0.0, 400.0}) {
    CAPTURE(ahead_ns);
    const auto at_the_rise = [=](Register target, std::uint32_t value) {
      return [=](Bench& b) {
        sc_core::wait(sc_time(50, SC_NS));
        b.write(target, value, ahead_ns);
      };
    };
    const std::string later = fmt::format("up 100 ns down {} ns ", 101 + ahead_ns);
    CHECK(line_of(do_nothing, at_the_rise(Register::kIrqEnable, 0)) == later);
    CHECK(line_of(do_nothing, at_the_rise(Register::kIrqStatus, kIrqError)) == later);
    CHECK(line_of(do_nothing, at_the_rise(Register::kControl, kControlSoftReset)) == later);
    for (const Register target : {Register::kIrqEnable, Register::kIrqStatus}) {
      CHECK(line_of(do_nothing, [=](Bench& b) {
              sc_core::wait(b.irq.posedge_event());
              b.write(target, target == Register::kIrqEnable ? 0 : kIrqError, ahead_ns);
            }) == "up 100 ns down 100 ns ");
    }
  }
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

TEST_CASE("a start with a region that ends beyond the last address is refused") {
  struct Row {
    Register base, bytes;
    std::uint32_t size;
    ProgramFault fault;
  };
  constexpr std::uint32_t kRoom = 0x400;  // from the base on
  for (const Row& row :
       {Row{Register::kConstantsBaseLo, Register::kConstantsBytes, kRoom, ProgramFault::kMemoryError},
        Row{Register::kConstantsBaseLo, Register::kConstantsBytes, kRoom + 1, ProgramFault::kBadField},
        Row{Register::kDataBaseLo, Register::kDataBytes, 0, ProgramFault::kBadMagic},
        Row{Register::kDataBaseLo, Register::kDataBytes, kRoom, ProgramFault::kBadMagic},
        Row{Register::kDataBaseLo, Register::kDataBytes, kRoom + 1, ProgramFault::kBadField},
        Row{Register::kDataBaseLo, Register::kDataBytes, 0xffffffff, ProgramFault::kBadField}}) {
    CAPTURE(info(row.base).name, row.size);
    CHECK(on_both_levels([=](Bench& bench) {
            bench.write(Register::kConstantsBytes, 4096);  // where there is no program
            bench.write(row.base, 0u - kRoom);
            bench.write(
                row.base == Register::kDataBaseLo ? Register::kDataBaseHi : Register::kConstantsBaseHi,
                0xffffffff);
            bench.write(row.bytes, row.size);
            bench.write(Register::kControl, kControlStart);
            sc_core::sc_start(sc_time(1000, SC_NS));
            return std::to_string(bench.read(Register::kError)) + "\n";
          }) == std::to_string(static_cast<int>(row.fault)) + "\n");
  }
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
