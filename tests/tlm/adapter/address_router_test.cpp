#include "tlm/adapter/address_router.h"

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/initiator.h"
#include "tlm/memory/ideal_memory.h"
#include "tlm/platform/ram.h"

using namespace bitbalance::adapter;
using bitbalance::memory::IdealMemory;
using bitbalance::memory::IdealMemoryConfig;
using bitbalance::platform::Ram;
using bitbalance::test::Initiator;
using Catch::Matchers::Contains;

namespace {

struct Bench {
  Initiator first{"first"};
  Initiator second{"second"};
  AddressRouter bus{"bus"};
  Ram low{"low", 0x100, Ram::Kind::kReadWrite, true};
  Ram high{"high", 0x100, Ram::Kind::kReadOnly, false};

  Bench() {
    first.socket.bind(bus.initiators);
    second.socket.bind(bus.initiators);
    bus.attach("low", 0x1000, 0x100, low.socket);
    bus.attach("high", 0x2000, 0x100, high.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
};

}  // namespace

TEST_CASE("each address reaches its target, which sees it from 0, and the initiator gets it back") {
  Bench bench;
  bench.first.write(0x1010, 0xcafe);
  CHECK(bench.first.status == tlm::TLM_OK_RESPONSE);
  CHECK(bench.first.payload.get_address() == 0x1010);
  CHECK(bench.low.data()[0x10] == 0xfe);
  CHECK(bench.second.read(0x1010) == 0xcafe);
}

TEST_CASE("a range that another target has a part of, or that is none, is refused") {
  AddressRouter bus("bus");
  Ram low("low", 0x100, Ram::Kind::kReadWrite, true);
  Ram other("other", 0x100, Ram::Kind::kReadWrite, true);
  Ram top("top", 1, Ram::Kind::kReadWrite, true);
  bus.attach("low", 0x1000, 0x100, low.socket);
  for (const std::uint64_t base : {0xf01ul, 0x1000ul, 0x10fful}) {
    CAPTURE(base);
    CHECK_THROWS_WITH(bus.attach("other", base, 0x100, other.socket),
                      Contains("bus, target other: base = 0x") &&
                          Contains("accepted: outside of low, which has 0x1000 to 0x10ff"));
  }
  CHECK_THROWS_WITH(bus.attach("other", 0x2000, 0, other.socket), Contains("bytes = 0: accepted: 1 or more"));
  CHECK_THROWS_WITH(bus.attach("other", ~0ul, 2, other.socket),
                    Contains("base = 0xffffffffffffffff: accepted: an address with 0x2 bytes"));
  bus.attach("other", 0xf00, 0x100, other.socket);
  bus.attach("top", ~0ul, 1, top.socket);
  CHECK(bus.targets() == std::vector<std::string>{"low", "other", "top"});
}

TEST_CASE("what nobody owns and what crosses an end is a decode error") {
  Bench bench;
  for (const std::uint64_t address : {0x0ul, 0xffful, 0x10fdul, 0x1100ul, 0x20feul, ~0ul - 2}) {
    CAPTURE(address);
    bench.first.read(address);
    CHECK(bench.first.status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(bench.first.payload.get_address() == address);
  }
  bench.first.read(0x10fc);
  CHECK(bench.first.status == tlm::TLM_OK_RESPONSE);
}

TEST_CASE("a streaming transaction has the addresses of its width") {
  Bench bench;
  std::array<unsigned char, 12> bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  tlm::tlm_generic_payload payload;
  payload.set_write();
  payload.set_address(0x10fc);
  payload.set_data_ptr(bytes.data());
  payload.set_data_length(bytes.size());
  const auto status_of = [&](unsigned width) {
    payload.set_streaming_width(width);
    sc_core::sc_time delay;
    bench.first.socket->b_transport(payload, delay);
    return payload.get_response_status();
  };
  CHECK(status_of(4) == tlm::TLM_OK_RESPONSE);
  CHECK(bench.low.data()[0xfc] == 9);  // the last word stays
  CHECK(status_of(8) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(status_of(12) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST_CASE("a target takes back direct memory that the bus shows, and nothing else") {
  struct Target : sc_core::sc_module {
    tlm_utils::simple_target_socket<Target> socket{"socket"};
    explicit Target(const sc_core::sc_module_name& name) : sc_module(name) {}
  } target("target");
  struct Master : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<Master> socket{"socket"};
    std::vector<std::pair<std::uint64_t, std::uint64_t>> taken;
    explicit Master(const sc_core::sc_module_name& name) : sc_module(name) {
      socket.register_invalidate_direct_mem_ptr(this, &Master::invalidate);
    }
    void invalidate(sc_dt::uint64 first, sc_dt::uint64 last) { taken.emplace_back(first, last); }
  } master("master");
  AddressRouter bus("bus");
  master.socket.bind(bus.initiators);
  bus.attach("target", 0x1000, 0x100, target.socket);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  target.socket->invalidate_direct_mem_ptr(0x10, 0x1f);
  target.socket->invalidate_direct_mem_ptr(0x80, ~0ul);
  target.socket->invalidate_direct_mem_ptr(0x100, ~0ul);  // beyond what the bus shows
  const decltype(master.taken) expected = {{0x1010, 0x101f}, {0x1080, 0x10ff}};
  CHECK(master.taken == expected);
}

TEST_CASE("a target with ports has one for each initiator, or the simulation does not begin") {
  Initiator first("first"), second("second"), third("third");
  AddressRouter bus("bus");
  IdealMemoryConfig config;
  config.bytes = 0x100;
  IdealMemory memory("memory", config);
  for (Initiator* const initiator : {&first, &second, &third}) initiator->socket.bind(bus.initiators);
  bus.attach("memory", 0, 0x100, memory.socket, 2);
  CHECK_THROWS_WITH(sc_core::sc_start(sc_core::SC_ZERO_TIME),
                    Contains("bus, target memory: ports = 2: accepted: 1, or one for each of 3 initiators"));
}

TEST_CASE("a debugger gets as many bytes as the bus shows of a larger target") {
  Initiator initiator("initiator");
  AddressRouter bus("bus");
  Ram window("window", 0x1000, Ram::Kind::kReadWrite, true);
  initiator.socket.bind(bus.initiators);
  bus.attach("window", 0x1000, 0x100, window.socket);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  std::array<unsigned char, 8> bytes{1, 2, 3, 4, 5, 6, 7, 8};
  tlm::tlm_generic_payload payload;
  payload.set_write();
  payload.set_address(0x10fc);
  payload.set_data_ptr(bytes.data());
  payload.set_data_length(bytes.size());
  CHECK(initiator.socket->transport_dbg(payload) == 4);
  CHECK(payload.get_data_length() == bytes.size());
  CHECK(window.data()[0xff] == 4);
  CHECK(window.data()[0x100] == 0);
}

TEST_CASE("a debugger gets as many bytes as exist at an end") {
  Bench bench;
  std::array<unsigned char, 8> bytes{};
  tlm::tlm_generic_payload payload;
  payload.set_read();
  payload.set_address(0x10fc);
  payload.set_data_ptr(bytes.data());
  payload.set_data_length(bytes.size());
  CHECK(bench.first.socket->transport_dbg(payload) == 4);
  CHECK(payload.get_address() == 0x10fc);
}

TEST_CASE("read-only memory refuses a write and keeps its bytes") {
  Bench bench;
  bench.first.write(0x2000, 1);
  CHECK(bench.first.status == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(bench.high.data()[0] == 0);
}

TEST_CASE("direct memory that is read-only is denied to whoever wants to write") {
  Initiator initiator("initiator");
  Ram flash("flash", 0x100, Ram::Kind::kReadOnly, true);
  initiator.socket.bind(flash.socket);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  tlm::tlm_dmi dmi;
  initiator.payload.set_write();
  CHECK_FALSE(initiator.socket->get_direct_mem_ptr(initiator.payload, dmi));
  initiator.payload.set_read();
  REQUIRE(initiator.socket->get_direct_mem_ptr(initiator.payload, dmi));
  CHECK(dmi.is_read_allowed());
  CHECK_FALSE(dmi.is_write_allowed());
}

TEST_CASE("direct memory has the addresses of the bus, and is denied where the target denies it") {
  Bench bench;
  tlm::tlm_dmi dmi;
  bench.first.payload.set_address(0x1010);
  REQUIRE(bench.first.socket->get_direct_mem_ptr(bench.first.payload, dmi));
  CHECK(dmi.get_start_address() == 0x1000);
  CHECK(dmi.get_end_address() == 0x10ff);
  CHECK(dmi.get_dmi_ptr() == bench.low.data().data());
  for (const std::uint64_t address : {0x2010ul, 0x3000ul}) {
    tlm::tlm_dmi denied;
    bench.first.payload.set_address(address);
    CHECK(!bench.first.socket->get_direct_mem_ptr(bench.first.payload, denied));
    CHECK(denied.get_start_address() <= address);
    CHECK(denied.get_end_address() >= address);
  }
}

TEST_CASE("an observer is told who asked whom for what, decode errors included") {
  Bench bench;
  std::vector<std::tuple<int, std::string, std::uint64_t>> seen;
  bench.bus.observe([&](const sc_core::sc_time&, int initiator, const std::string& target,
                        const tlm::tlm_generic_payload& transaction) {
    seen.emplace_back(initiator, target, transaction.get_address());
  });
  bench.second.read(0x1000);
  bench.first.read(0x9000);
  const decltype(seen) expected = {{1, "low", 0x1000}, {0, "nobody", 0x9000}};
  CHECK(seen == expected);
}
