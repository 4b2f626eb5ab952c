#include "tlm/platform/plic.h"

#include <catch2/catch.hpp>

#include "tests/support/initiator.h"

using namespace bitbalance::platform;
using bitbalance::test::Initiator;

namespace {

struct PlicBench {
  Initiator cpu{"cpu"};
  Plic plic{"plic", 3};
  sc_core::sc_vector<sc_core::sc_signal<bool>> lines{"line", 3};
  sc_core::sc_signal<bool> interrupt{"interrupt"};

  PlicBench() {
    cpu.socket.bind(plic.socket);
    for (std::size_t i = 0; i < lines.size(); ++i) plic.lines[i](lines[i]);
    plic.interrupt(interrupt);
    for (std::uint32_t source = 1; source <= 3; ++source) cpu.write(Plic::kPriority + 4 * source, 1);
    cpu.write(Plic::kEnable, 0xe);
    Initiator::until(1);
  }
  void set(unsigned source, bool high) { lines[source - 1].write(high); }
};

}  // namespace

TEST_CASE("a level interrupt is claimed once, and asks again after its completion while it is high") {
  PlicBench bench;
  bench.set(2, true);
  Initiator::until(2);
  CHECK(bench.interrupt.read());
  CHECK(bench.cpu.read(Plic::kPending) == 1u << 2);
  CHECK(bench.cpu.read(Plic::kClaim) == 2);
  CHECK(bench.cpu.read(Plic::kClaim) == 0);
  Initiator::until(3);
  CHECK(!bench.interrupt.read());
  bench.cpu.write(Plic::kClaim, 2);
  Initiator::until(4);
  CHECK(bench.cpu.read(Plic::kClaim) == 2);
}

TEST_CASE("a line that has fallen asks for nothing after its completion") {
  PlicBench bench;
  bench.set(2, true);
  Initiator::until(2);
  REQUIRE(bench.cpu.read(Plic::kClaim) == 2);
  bench.set(2, false);
  Initiator::until(4);
  bench.cpu.write(Plic::kClaim, 2);
  Initiator::until(5);
  CHECK(!bench.interrupt.read());
  CHECK(bench.cpu.read(Plic::kClaim) == 0);
}

TEST_CASE("a completion by a processor ahead of the kernel looks at the line at its own time") {
  PlicBench bench;
  bench.set(1, true);
  Initiator::until(2);
  REQUIRE(bench.cpu.read(Plic::kClaim) == 1);
  bench.cpu.write(Plic::kClaim, 1, 100);  // the line falls at 50
  Initiator::until(50);
  bench.set(1, false);
  Initiator::until(200);
  CHECK(!bench.interrupt.read());
  CHECK(bench.cpu.read(Plic::kClaim) == 0);
}

TEST_CASE("the highest priority is claimed first, of equals the lowest number") {
  PlicBench bench;
  bench.cpu.write(Plic::kPriority + 4 * 3, 5);
  for (const unsigned source : {1u, 2u, 3u}) bench.set(source, true);
  Initiator::until(2);
  CHECK(bench.cpu.read(Plic::kClaim) == 3);
  CHECK(bench.cpu.read(Plic::kClaim) == 1);
  CHECK(bench.cpu.read(Plic::kClaim) == 2);
  CHECK(bench.cpu.read(Plic::kClaim) == 0);
}

TEST_CASE("the threshold gates the interrupt, not the claim") {
  PlicBench bench;
  bench.cpu.write(Plic::kThreshold, 1);
  bench.set(2, true);
  Initiator::until(2);
  CHECK(!bench.interrupt.read());
  bench.cpu.write(Plic::kThreshold, 0);
  Initiator::until(3);
  CHECK(bench.interrupt.read());
  bench.cpu.write(Plic::kThreshold, Plic::kMaxPriority);
  Initiator::until(4);
  CHECK(!bench.interrupt.read());
  CHECK(bench.cpu.read(Plic::kClaim) == 2);
}

TEST_CASE("a source of priority 0 neither interrupts nor is claimed") {
  PlicBench bench;
  bench.cpu.write(Plic::kPriority + 4 * 1, 0);
  bench.set(1, true);
  Initiator::until(2);
  CHECK(!bench.interrupt.read());
  CHECK(bench.cpu.read(Plic::kPending) == 1u << 1);
  CHECK(bench.cpu.read(Plic::kClaim) == 0);
}

TEST_CASE("a source that is not enabled stays pending, and completing it is ignored") {
  PlicBench bench;
  bench.cpu.write(Plic::kEnable, 0);
  bench.set(1, true);
  Initiator::until(2);
  CHECK(!bench.interrupt.read());
  CHECK(bench.cpu.read(Plic::kPending) == 1u << 1);
  bench.cpu.write(Plic::kClaim, 1);
  bench.cpu.write(Plic::kEnable, 0xe);
  Initiator::until(3);
  CHECK(bench.interrupt.read());
}

TEST_CASE("the PLIC answers what it does not have with an address error") {
  PlicBench bench;
  bench.cpu.read(Plic::kPriority + 4 * 4);
  CHECK(bench.cpu.status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  bench.cpu.write(Plic::kPending, 1);
  CHECK(bench.cpu.status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  bench.cpu.read(Plic::kClaim + 2);
  CHECK(bench.cpu.status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
}
