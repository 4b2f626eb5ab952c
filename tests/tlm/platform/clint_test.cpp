#include "tlm/platform/clint.h"

#include <catch2/catch.hpp>

#include "tests/support/initiator.h"

using namespace bitbalance::platform;
using bitbalance::test::Initiator;

namespace {

struct ClintBench {
  Initiator cpu{"cpu"};
  Clint clint{"clint", sc_core::sc_time(100, sc_core::SC_NS)};
  sc_core::sc_signal<bool> software{"software"};
  sc_core::sc_signal<bool> timer{"timer"};

  ClintBench() {
    cpu.socket.bind(clint.socket);
    clint.software_interrupt(software);
    clint.timer_interrupt(timer);
    Initiator::until(1);
  }
  void set_alarm(std::uint64_t ticks, double delay_ns = 0) {
    cpu.write(Clint::kMtimecmp + 4, 0xffffffff, delay_ns);
    cpu.write(Clint::kMtimecmp, static_cast<std::uint32_t>(ticks), delay_ns);
    cpu.write(Clint::kMtimecmp + 4, static_cast<std::uint32_t>(ticks >> 32), delay_ns);
  }
};

}  // namespace

TEST_CASE("mtime counts simulated time, the annotated part included") {
  ClintBench bench;
  Initiator::until(1000);
  CHECK(bench.cpu.read(Clint::kMtime) == 10);
  CHECK(bench.cpu.read(Clint::kMtime, 250) == 12);
  CHECK(bench.cpu.read(Clint::kMtime + 4) == 0);
  bench.cpu.write(Clint::kMtime, 0);
  CHECK(bench.cpu.status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_CASE("the timer's line rises exactly when mtime reaches mtimecmp, and falls when that is put off") {
  ClintBench bench;
  bench.set_alarm(5);
  Initiator::until(499);
  CHECK(!bench.timer.read());
  Initiator::until(500.5);
  CHECK(bench.timer.read());
  bench.set_alarm(20);
  Initiator::until(501);
  CHECK(!bench.timer.read());
  Initiator::until(1999);
  CHECK(!bench.timer.read());
  Initiator::until(2000.5);
  CHECK(bench.timer.read());
}

TEST_CASE("an alarm that never comes within the simulator's time raises nothing") {
  ClintBench bench;
  bench.set_alarm(~std::uint64_t{0});
  Initiator::until(1e6);
  CHECK(!bench.timer.read());
}

TEST_CASE("msip drives the software interrupt at the time of the write") {
  ClintBench bench;
  bench.cpu.write(Clint::kMsip, 0xffffffff, 100);
  CHECK(bench.cpu.read(Clint::kMsip) == 1);
  Initiator::until(100);
  CHECK(!bench.software.read());
  Initiator::until(102);
  CHECK(bench.software.read());
  bench.cpu.write(Clint::kMsip, 0);
  Initiator::until(103);
  CHECK(!bench.software.read());
}

TEST_CASE("a write with an annotated delay takes effect at its own time, and puts off no alarm before that") {
  ClintBench bench;
  bench.set_alarm(5);                     // at 500 ns
  bench.cpu.write(Clint::kMsip, 1, 799);  // at 800 ns
  bench.set_alarm(20, 999);               // at 1000 ns it is put off
  Initiator::until(499);
  CHECK(!bench.timer.read());
  Initiator::until(501);
  CHECK(bench.timer.read());
  CHECK(!bench.software.read());
  Initiator::until(801);
  CHECK(bench.software.read());
  CHECK(bench.timer.read());
  Initiator::until(1001);
  CHECK(!bench.timer.read());
  Initiator::until(2001);
  CHECK(bench.timer.read());
}

TEST_CASE("an access to a register without data is refused") {
  ClintBench bench;
  tlm::tlm_generic_payload& payload = bench.cpu.payload;
  bench.cpu.read(Clint::kMsip);
  payload.set_data_ptr(nullptr);
  for (const tlm::tlm_command command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
    payload.set_command(command);
    sc_core::sc_time delay;
    bench.cpu.socket->b_transport(payload, delay);
    CHECK(payload.get_response_status() == tlm::TLM_GENERIC_ERROR_RESPONSE);
  }
}
