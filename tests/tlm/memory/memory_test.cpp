#include <tlm_utils/simple_initiator_socket.h>
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <stdexcept>
#include <string>
#include <systemc>
#include <vector>

#include "tests/support/initiator.h"
#include "tests/support/names.h"
#include "tlm/memory/ideal_memory.h"

using namespace bitbalance;
using namespace bitbalance::test;
using sc_core::SC_NS;
using sc_core::sc_time;

namespace {

struct Bench : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Bench> initiator{"initiator"};
  IdealMemory memory;
  tlm::tlm_generic_payload payload;
  std::vector<unsigned char> data = std::vector<unsigned char>(256);

  Bench(const sc_core::sc_module_name& name, const IdealMemoryConfig& config)
      : sc_module(name), memory("memory", config) {
    initiator.bind(memory.socket);
  }
  void prepare(tlm::tlm_command command, std::uint64_t address, unsigned length) {
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(data.data());
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  }
  /// Time of the answer.
  sc_time send(tlm::tlm_command command, std::uint64_t address, unsigned length, const sc_time& ahead = {}) {
    prepare(command, address, length);
    sc_time delay = ahead;
    initiator->b_transport(payload, delay);
    return sc_core::sc_time_stamp() + delay;
  }
  void until(double ns) { sc_core::sc_start(sc_time(ns, SC_NS) - sc_core::sc_time_stamp()); }
};

IdealMemoryConfig small() {
  IdealMemoryConfig config;
  config.bytes = 1024;
  return config;
}

}  // namespace

TEST_CASE("a lone transaction takes its data time and the latency") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  bench.until(100);
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 0, 64) == sc_time(100 + 5 + 50, SC_NS));
}

TEST_CASE("transactions of a channel share its bandwidth, exactly") {
  IdealMemoryConfig config = small();
  config.bytes_per_cycle_numerator = 7;
  config.bytes_per_cycle_denominator = 3;
  config.latency_cycles = 0;
  Bench bench("bench", config);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  // 1,000 transactions of 64 bytes at 7/3 bytes a cycle: the k-th ends at floor(k * 64 * 3 / 7 * 1000 ps).
  for (std::uint64_t k = 1; k <= 1000; ++k) {
    const sc_time answer = bench.send(tlm::TLM_READ_COMMAND, 0, 64);
    REQUIRE(answer.value() == k * 64 * 3 * 1000 / 7);
  }
}

TEST_CASE("an idle channel starts at once, a busy one after the one before") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 0, 64) == sc_time(55, SC_NS));
  bench.until(3);
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 0, 64) == sc_time(60, SC_NS));
  bench.until(20);
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 0, 64) == sc_time(75, SC_NS));
}

TEST_CASE("channels are independent, told apart by the extension, else by the command") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  MemoryChannelExtension extension;
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 0, 64) == sc_time(55, SC_NS));
  CHECK(bench.send(tlm::TLM_WRITE_COMMAND, 0, 64) == sc_time(55, SC_NS));
  extension.channel = MemoryChannel::kCommand;
  bench.payload.set_extension(&extension);
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 0, 64) == sc_time(55, SC_NS));
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 0, 64) == sc_time(60, SC_NS));
  extension.channel = MemoryChannel::kRead;
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 0, 64) == sc_time(60, SC_NS));
  bench.payload.clear_extension(&extension);
}

TEST_CASE("initiators do not wait for each other, whoever comes first") {
  Initiator first("first"), second("second");
  IdealMemory memory("memory", small());
  first.socket.bind(memory.socket);
  second.socket.bind(memory.socket);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  const auto delay_of = [](Initiator& initiator, double ahead_ns) {
    std::array<unsigned char, 64> data{};
    tlm::tlm_generic_payload payload;
    payload.set_read();
    payload.set_data_ptr(data.data());
    payload.set_data_length(data.size());
    payload.set_streaming_width(data.size());
    sc_time delay(ahead_ns, SC_NS);
    initiator.socket->b_transport(payload, delay);
    return delay;
  };
  CHECK(delay_of(first, 1000) == sc_time(1055, SC_NS));  // a processor that runs ahead of time
  CHECK(delay_of(second, 0) == sc_time(55, SC_NS));
  CHECK(delay_of(second, 0) == sc_time(60, SC_NS));
  CHECK(delay_of(first, 1000) == sc_time(1060, SC_NS));
}

TEST_CASE("annotated delays count from their own time") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 0, 64, sc_time(10, SC_NS)) == sc_time(65, SC_NS));
}

TEST_CASE("nb_transport completes at once with the same timing") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  bench.memory.data()[8] = 42;
  bench.prepare(tlm::TLM_READ_COMMAND, 8, 64);
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_time delay;
  CHECK(bench.initiator->nb_transport_fw(bench.payload, phase, delay) == tlm::TLM_COMPLETED);
  CHECK(delay == sc_time(55, SC_NS));
  CHECK(bench.payload.is_response_ok());
  CHECK(bench.data[0] == 42);
}

TEST_CASE("what moves no data takes the latency alone") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(bench.send(tlm::TLM_IGNORE_COMMAND, 0, 64) == sc_time(50, SC_NS));
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 1024, 64) == sc_time(50, SC_NS));
  CHECK(bench.payload.is_response_error());
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 0, 64) == sc_time(55, SC_NS));
}

TEST_CASE("addresses beyond the end are answered with an address error") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  struct Row {
    std::uint64_t address;
    unsigned length;
    tlm::tlm_response_status expected;
  };
  for (const Row& row : {Row{960, 64, tlm::TLM_OK_RESPONSE}, Row{961, 64, tlm::TLM_ADDRESS_ERROR_RESPONSE},
                         Row{1024, 1, tlm::TLM_ADDRESS_ERROR_RESPONSE},
                         Row{~std::uint64_t{0} - 3, 8, tlm::TLM_ADDRESS_ERROR_RESPONSE}}) {
    bench.send(tlm::TLM_WRITE_COMMAND, row.address, row.length);
    CHECK(bench.payload.get_response_status() == row.expected);
  }
}

TEST_CASE("byte enables and streaming width are honoured") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (unsigned i = 0; i < 8; ++i) bench.data[i] = static_cast<unsigned char>(i + 1);
  bench.prepare(tlm::TLM_WRITE_COMMAND, 16, 8);
  unsigned char enables[] = {0xff, 0x00};
  bench.payload.set_byte_enable_ptr(enables);
  bench.payload.set_byte_enable_length(2);
  sc_time delay;
  bench.initiator->b_transport(bench.payload, delay);
  const std::vector<std::uint8_t>& memory = bench.memory.data();
  CHECK(std::vector<int>(memory.begin() + 16, memory.begin() + 24) ==
        std::vector<int>{1, 0, 3, 0, 5, 0, 7, 0});
  bench.prepare(tlm::TLM_WRITE_COMMAND, 32, 8);
  bench.payload.set_streaming_width(4);  // a FIFO of one word: the second word wins
  bench.initiator->b_transport(bench.payload, delay);
  CHECK(std::vector<int>(memory.begin() + 32, memory.begin() + 40) ==
        std::vector<int>{5, 6, 7, 8, 0, 0, 0, 0});
  bench.prepare(tlm::TLM_WRITE_COMMAND, 32, 8);
  bench.payload.set_streaming_width(0);
  bench.initiator->b_transport(bench.payload, delay);
  CHECK(bench.payload.get_response_status() == tlm::TLM_BURST_ERROR_RESPONSE);
}

TEST_CASE(
    "an access without data, or with a byte neither enabled nor disabled, is refused and changes nothing") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  const std::vector<std::uint8_t> before = bench.memory.data();
  std::fill(bench.data.begin(), bench.data.end(), 0xaa);
  sc_time delay;
  for (const tlm::tlm_command command : {tlm::TLM_READ_COMMAND, tlm::TLM_WRITE_COMMAND}) {
    bench.prepare(command, 16, 8);
    unsigned char enables[] = {0xff, 0x00, 0x7f, 0x01};
    bench.payload.set_byte_enable_ptr(enables);
    bench.payload.set_byte_enable_length(4);
    bench.initiator->b_transport(bench.payload, delay);
    CHECK(bench.payload.get_response_status() == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    CHECK(bench.data[0] == 0xaa);
    bench.payload.set_data_length(2);  // those beyond the data mean nothing
    bench.payload.set_streaming_width(2);
    bench.payload.set_command(tlm::TLM_READ_COMMAND);
    bench.initiator->b_transport(bench.payload, delay);
    CHECK(bench.payload.is_response_ok());
    bench.data[0] = 0xaa;

    bench.prepare(command, 16, 8);
    bench.payload.set_data_ptr(nullptr);
    bench.initiator->b_transport(bench.payload, delay);
    CHECK(bench.payload.get_response_status() == tlm::TLM_GENERIC_ERROR_RESPONSE);
    CHECK(bench.initiator->transport_dbg(bench.payload) == 0);
  }
  CHECK(bench.memory.data() == before);
}

TEST_CASE("DMI covers the whole memory") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  bench.send(tlm::TLM_READ_COMMAND, 0, 4);
  CHECK(bench.payload.is_dmi_allowed());
  tlm::tlm_dmi dmi;
  REQUIRE(bench.initiator->get_direct_mem_ptr(bench.payload, dmi));
  CHECK(dmi.get_end_address() == 1023);
  CHECK(dmi.is_read_write_allowed());
  CHECK(dmi.get_dmi_ptr() == bench.memory.data().data());
}

TEST_CASE("DMI is refused where there is no memory") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  for (const std::uint64_t address : {1024ul, 5000ul, ~0ul}) {
    bench.prepare(tlm::TLM_READ_COMMAND, address, 4);
    tlm::tlm_dmi dmi;
    CHECK_FALSE(bench.initiator->get_direct_mem_ptr(bench.payload, dmi));
    CHECK(dmi.get_start_address() == 1024);
    CHECK(dmi.get_end_address() == ~0ul);
    CHECK(dmi.is_none_allowed());
  }
}

TEST_CASE("DMI switched off is neither hinted nor granted") {
  IdealMemoryConfig config = small();
  config.allow_dmi = false;
  Bench bench("bench", config);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  bench.send(tlm::TLM_READ_COMMAND, 0, 4);
  CHECK_FALSE(bench.payload.is_dmi_allowed());
  tlm::tlm_dmi dmi;
  CHECK_FALSE(bench.initiator->get_direct_mem_ptr(bench.payload, dmi));
}

TEST_CASE("debug transport moves what exists and takes no time") {
  Bench bench("bench", small());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  bench.data[0] = 9;
  bench.prepare(tlm::TLM_WRITE_COMMAND, 1000, 64);
  CHECK(bench.initiator->transport_dbg(bench.payload) == 24);
  CHECK(bench.memory.data()[1000] == 9);
  CHECK(bench.send(tlm::TLM_READ_COMMAND, 0, 64) == sc_time(55, SC_NS));
}

TEST_CASE("impossible parameters of the ideal memory are refused by name") {
  IdealMemoryConfig config = small();
  config.bytes_per_cycle_numerator = 0;
  CHECK_THROWS_WITH(check(config),
                    Catch::Contains("ideal memory: bytes_per_cycle_numerator = 0: accepted: 1..999999999"));
  config = small();
  config.bytes = 0;
  CHECK_THROWS_AS(check(config), std::invalid_argument);
  config = small();
  config.clock_period = sc_time(2, sc_core::SC_MS);
  CHECK_THROWS_WITH(check(config), Catch::Contains("clock_period = 2 ms: accepted: above 0, up to 1 ms"));
  config.clock_period = sc_time(1, sc_core::SC_MS);
  CHECK_NOTHROW(check(config));
  config.bytes_per_cycle_numerator = 1;
  config.bytes_per_cycle_denominator = 1'000'001;
  CHECK_THROWS_WITH(
      check(config),
      Catch::Contains("clock_period = 1000000000: accepted: at most 10^15 time units per byte"));
}

TEST_CASE("a fine resolution of time takes a slow clock, too") {
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
  IdealMemoryConfig config = small();
  config.clock_period = sc_time(10, sc_core::SC_US);
  CHECK_NOTHROW(check(config));
}
