#include <tlm_utils/simple_initiator_socket.h>
#include <catch2/catch.hpp>
#include <string>
#include <systemc>
#include <vector>

#include "hw/port/csr_port.h"
#include "tests/support/expected_warnings.h"
#include "tests/support/names.h"

using namespace bitbalance;
using namespace bitbalance::test;
using sc_core::SC_NS;
using sc_core::sc_time;

namespace {

/// A csr port in front of a bare register file.
struct Bench : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Bench, 32> initiator{"initiator"};
  RegisterFile file;
  CsrPort port{"port", [this] { return file; }};

  explicit Bench(const sc_core::sc_module_name& name) : sc_module(name) { initiator.bind(port.socket); }

  std::uint32_t data = 0;
  sc_time delay;
  tlm::tlm_generic_payload payload;

  tlm::tlm_response_status send(tlm::tlm_command command, std::uint64_t address, std::uint32_t value = 0,
                                const sc_time& annotated = sc_core::SC_ZERO_TIME) {
    data = value;
    prepare(command, address);
    delay = annotated;
    initiator->b_transport(payload, delay);
    return payload.get_response_status();
  }
  void prepare(tlm::tlm_command command, std::uint64_t address) {
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&data));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    payload.set_byte_enable_ptr(nullptr);
    payload.set_byte_enable_length(0);
    payload.set_dmi_allowed(true);
    payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  }
  void until(double ns) { sc_core::sc_start(sc_time(ns, SC_NS) - sc_core::sc_time_stamp()); }
};

constexpr std::uint64_t kRw = offset_of(Register::kDataBytes);

}  // namespace

TEST_CASE("wrong accesses are answered as the LRM asks and change nothing") {
  const ExpectedWarnings width("streaming width");
  Bench bench("bench");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  static const unsigned char odd_enables[] = {0xff, 0x7f, 0xff, 0xff};
  struct Row {
    const char* what;
    tlm::tlm_command command;
    std::uint64_t address;
    unsigned length, streaming_width;
    const unsigned char* enables;
    unsigned enable_length;
    tlm::tlm_response_status expected;
  };
  const Row rows[] = {
      {"aligned word", tlm::TLM_WRITE_COMMAND, kRw, 4, 4, nullptr, 0, tlm::TLM_OK_RESPONSE},
      {"wider stream", tlm::TLM_WRITE_COMMAND, kRw, 4, 64, nullptr, 0, tlm::TLM_OK_RESPONSE},
      {"unaligned", tlm::TLM_WRITE_COMMAND, kRw + 1, 4, 4, nullptr, 0, tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {"hole", tlm::TLM_WRITE_COMMAND, 0x2c, 4, 4, nullptr, 0, tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {"beyond the end", tlm::TLM_READ_COMMAND, kRegisterWindowBytes, 4, 4, nullptr, 0,
       tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {"far away", tlm::TLM_READ_COMMAND, ~std::uint64_t{3}, 4, 4, nullptr, 0,
       tlm::TLM_ADDRESS_ERROR_RESPONSE},
      {"byte", tlm::TLM_WRITE_COMMAND, kRw, 1, 1, nullptr, 0, tlm::TLM_BURST_ERROR_RESPONSE},
      {"two words", tlm::TLM_READ_COMMAND, kRw, 8, 8, nullptr, 0, tlm::TLM_BURST_ERROR_RESPONSE},
      {"narrow stream", tlm::TLM_WRITE_COMMAND, kRw, 4, 2, nullptr, 0, tlm::TLM_BURST_ERROR_RESPONSE},
      {"no stream", tlm::TLM_WRITE_COMMAND, kRw, 4, 0, nullptr, 0, tlm::TLM_BURST_ERROR_RESPONSE},
      {"strange enables", tlm::TLM_WRITE_COMMAND, kRw, 4, 4, odd_enables, 4,
       tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE},
      {"no enables", tlm::TLM_WRITE_COMMAND, kRw, 4, 4, odd_enables, 0, tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE},
      {"write to RO", tlm::TLM_WRITE_COMMAND, offset_of(Register::kId), 4, 4, nullptr, 0,
       tlm::TLM_COMMAND_ERROR_RESPONSE},
      {"read of WO", tlm::TLM_READ_COMMAND, offset_of(Register::kControl), 4, 4, nullptr, 0,
       tlm::TLM_COMMAND_ERROR_RESPONSE},
      {"ignore", tlm::TLM_IGNORE_COMMAND, kRw, 4, 4, nullptr, 0, tlm::TLM_OK_RESPONSE},
  };
  double now = 0;
  for (const Row& row : rows) {
    INFO(row.what);
    std::uint32_t data[2] = {0x12345678, 0};
    bench.prepare(row.command, row.address);
    bench.payload.set_data_ptr(reinterpret_cast<unsigned char*>(data));
    bench.payload.set_data_length(row.length);
    bench.payload.set_streaming_width(row.streaming_width);
    bench.payload.set_byte_enable_ptr(const_cast<unsigned char*>(row.enables));
    bench.payload.set_byte_enable_length(row.enable_length);
    sc_time delay(7, SC_NS);
    bench.initiator->b_transport(bench.payload, delay);
    CHECK(bench.payload.get_response_status() == row.expected);
    CHECK_FALSE(bench.payload.is_dmi_allowed());
    CHECK(delay == sc_time(7, SC_NS));
    CHECK(data[0] == 0x12345678);
    bench.until(now += 20);
    const RegisterFile before = bench.file;
    bench.port.apply_due_writes(bench.file);
    const bool effective = row.expected == tlm::TLM_OK_RESPONSE && row.command == tlm::TLM_WRITE_COMMAND;
    CHECK((bench.file.get(Register::kDataBytes) != before.get(Register::kDataBytes)) == effective);
    bench.file.set(Register::kDataBytes, 0);
  }
}

TEST_CASE("a write takes effect at the first edge strictly later than its time") {
  Bench bench("bench");
  bench.until(10);
  REQUIRE(bench.send(tlm::TLM_WRITE_COMMAND, kRw, 5, sc_time(2, SC_NS)) == tlm::TLM_OK_RESPONSE);
  bench.port.apply_due_writes(bench.file);
  CHECK(bench.file.get(Register::kDataBytes) == 0);
  bench.until(12);
  bench.port.apply_due_writes(bench.file);
  CHECK(bench.file.get(Register::kDataBytes) == 0);
  CHECK(bench.port.pending());
  bench.until(13);
  bench.port.apply_due_writes(bench.file);
  CHECK(bench.file.get(Register::kDataBytes) == 5);
  CHECK_FALSE(bench.port.pending());
}

TEST_CASE("writes of initiators that run ahead of each other take effect in the order of their times") {
  Bench bench("bench");
  bench.send(tlm::TLM_WRITE_COMMAND, kRw, 2, sc_time(5, SC_NS));
  bench.send(tlm::TLM_WRITE_COMMAND, kRw, 1, sc_time(3, SC_NS));
  bench.send(tlm::TLM_WRITE_COMMAND, kRw, 3, sc_time(5, SC_NS));
  bench.until(4);
  bench.port.apply_due_writes(bench.file);
  CHECK(bench.file.get(Register::kDataBytes) == 1);
  bench.until(6);
  bench.port.apply_due_writes(bench.file);
  CHECK(bench.file.get(Register::kDataBytes) == 3);
}

TEST_CASE("a read sees the writes before it, and a start as busy") {
  Bench bench("bench");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  bench.send(tlm::TLM_WRITE_COMMAND, kRw, 77);
  REQUIRE(bench.send(tlm::TLM_READ_COMMAND, kRw) == tlm::TLM_OK_RESPONSE);
  CHECK(bench.data == 77);
  bench.file.set(Register::kStatus, kStatusIdle | kStatusDone);
  bench.send(tlm::TLM_WRITE_COMMAND, offset_of(Register::kControl), kControlStart);
  bench.send(tlm::TLM_READ_COMMAND, offset_of(Register::kStatus));
  CHECK(bench.data == kStatusBusy);
  CHECK(bench.file.get(Register::kStatus) == (kStatusIdle | kStatusDone));
}

TEST_CASE("a read sees at once what a start and a soft reset clear") {
  Bench bench("bench");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  bench.file.set(Register::kStatus, kStatusIdle | kStatusError);
  bench.file.set(Register::kError, 0x501);
  bench.file.set(Register::kIrqStatus, kIrqError);
  bench.file.set(Register::kCyclesLo, 4711);
  const auto read = [&bench](Register source) {
    REQUIRE(bench.send(tlm::TLM_READ_COMMAND, offset_of(source)) == tlm::TLM_OK_RESPONSE);
    return bench.data;
  };
  bench.send(tlm::TLM_WRITE_COMMAND, offset_of(Register::kControl), kControlStart);
  CHECK(read(Register::kStatus) == kStatusBusy);
  CHECK(read(Register::kError) == 0);
  CHECK(read(Register::kIrqStatus) == kIrqError);
  CHECK(read(Register::kCyclesLo) == 0);
  bench.send(tlm::TLM_WRITE_COMMAND, offset_of(Register::kControl), kControlSoftReset);
  CHECK(read(Register::kStatus) == kStatusIdle);
  CHECK(read(Register::kError) == 0);
  CHECK(read(Register::kIrqStatus) == 0);
  CHECK(read(Register::kCyclesLo) == 4711);  // the start was dropped
}

TEST_CASE("byte enables select bytes of reads and writes and may repeat") {
  Bench bench("bench");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  static unsigned char enables[] = {0x00, 0xff};
  bench.data = 0xaabbccdd;
  bench.prepare(tlm::TLM_WRITE_COMMAND, kRw);
  bench.payload.set_byte_enable_ptr(enables);
  bench.payload.set_byte_enable_length(2);
  bench.initiator->b_transport(bench.payload, bench.delay);
  bench.send(tlm::TLM_READ_COMMAND, kRw);
  CHECK(bench.data == 0xaa00cc00);
  bench.data = 0x11111111;
  bench.prepare(tlm::TLM_READ_COMMAND, kRw);
  bench.payload.set_byte_enable_ptr(enables);
  bench.payload.set_byte_enable_length(2);
  bench.initiator->b_transport(bench.payload, bench.delay);
  CHECK(bench.data == 0xaa11cc11);
}

TEST_CASE("debug reads any bytes, never writes") {
  Bench bench("bench");
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  std::array<unsigned char, 200> bytes{};
  bench.prepare(tlm::TLM_READ_COMMAND, 2);
  bench.payload.set_data_ptr(bytes.data());
  bench.payload.set_data_length(bytes.size());
  CHECK(bench.initiator->transport_dbg(bench.payload) == kRegisterWindowBytes - 2);
  CHECK(bytes[0] == 'A');
  CHECK(bytes[1] == 'L');
  bench.payload.set_data_ptr(nullptr);
  CHECK(bench.initiator->transport_dbg(bench.payload) == 0);
  bench.payload.set_data_ptr(bytes.data());
  bench.payload.set_command(tlm::TLM_WRITE_COMMAND);
  CHECK(bench.initiator->transport_dbg(bench.payload) == 0);
  CHECK_FALSE(bench.port.pending());
}
