// The timed memory by the rules of TLM-2.0: phases, errors, DMI, debug access; and what an initiator does
// wrong.
#include <fmt/format.h>

#include <array>
#include <catch2/catch.hpp>
#include <memory>

#include "tests/support/child.h"
#include "tests/support/expected_warnings.h"
#include "tests/tlm/dram/timed_memory_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::dram;
using namespace bitbalance::dram::test;
using sc_core::SC_NS;
using sc_core::SC_PS;
using sc_core::sc_time;

TEST_CASE("a process that is ended while b_transport waits takes its transaction with it") {
  MemoryBench bench(with_latencies());
  for (const double at_ns : {5.0, 30.0}) {  // before and after the request reaches the queues
    auto payload = std::make_unique<tlm::tlm_generic_payload>();
    auto data = std::make_unique<std::array<unsigned char, 64>>();
    payload->set_command(tlm::TLM_READ_COMMAND);
    payload->set_data_ptr(data->data());
    payload->set_data_length(64);
    payload->set_streaming_width(64);
    sc_core::sc_process_handle process = sc_core::sc_spawn([&] {
      sc_time delay;
      bench.initiator().socket->b_transport(*payload, delay);
      FAIL_CHECK("the process goes on");
    });
    sc_core::sc_spawn([&] {
      sc_core::wait(sc_time(at_ns, SC_NS));
      process.kill();
      payload.reset();
      data.reset();
    });
    sc_core::sc_start(sc_time(1, sc_core::SC_US));
    Payload& next = bench.initiator().prepare(tlm::TLM_READ_COMMAND, 0);
    BlockingCall call(bench.initiator(), next, sc_core::SC_ZERO_TIME);
    sc_core::sc_start(sc_time(1, sc_core::SC_US));
    CHECK(next.is_response_ok());
  }
}

TEST_CASE("the next response phase waits for the end of the one before") {
  const auto end =
      GENERATE(EndResponse::kCompleted, EndResponse::kUpdated, EndResponse::kLater, EndResponse::kWithin);
  const std::string wrong = bitbalance::test::in_child([&] {
    MemoryBench bench;
    bench.initiator().end_response = end;
    bench.initiator().end_delay = sc_time(30, SC_NS);
    for (std::uint64_t i = 0; i < 20; ++i) bench.initiator().read(64 * i);
    sc_core::sc_start(sc_time(10, sc_core::SC_US));
    for (std::size_t i = 0; i < 20; ++i) {
      const sc_time expected = sc_time(33'750, SC_PS) + static_cast<double>(i) * sc_time(30, SC_NS);
      const sc_time answered = bench.initiator().payloads[i]->answered;
      if (answered != expected) return fmt::format("{}: {}", i, answered.to_string());
    }
    return std::string(bench.initiator().references_left == 0 ? "" : "references are left");
  });
  CHECK(wrong == "");
}

TEST_CASE("calls of one initiator at one time keep their order") {
  MemoryBench bench;
  for (int round = 0; round < 50; ++round) {  // long enough for objects to be used again
    for (unsigned char value = 1; value <= 3; ++value) {
      Payload& write = bench.initiator().prepare(tlm::TLM_WRITE_COMMAND, 0);
      write.data[0] = value;
      bench.initiator().send(write);
      Payload& read = bench.initiator().read(0);
      if (value == 2) run_ns(100);
      CHECK((value != 2 || read.data[0] == 2));
    }
    run_ns(100);
    CHECK(bench.memory.data()[0] == 3);
  }
}

TEST_CASE("wrong transactions are answered with the error that TLM-2.0 names, in time") {
  const ExpectedWarnings any;
  MemoryBench bench(with_latencies());
  bench.expected_violations = "streaming width: 0 at 0 s\nbyte enables: none at 0 s\n";  // the initiator's
  Initiator& initiator = bench.initiator();
  Payload& beyond = initiator.read(kBytes - 63);
  Payload& last = initiator.read(kBytes - 64);
  Payload& streaming = initiator.prepare(tlm::TLM_READ_COMMAND, 0);
  streaming.set_streaming_width(0);
  initiator.send(streaming);
  Payload& enables = initiator.prepare(tlm::TLM_WRITE_COMMAND, 0);
  unsigned char enable = 0xff;
  enables.set_byte_enable_ptr(&enable);
  enables.set_byte_enable_length(0);
  initiator.send(enables);
  Payload& ignore = initiator.prepare(tlm::TLM_IGNORE_COMMAND, kBytes);
  initiator.send(ignore);
  sc_core::sc_start(sc_time(1, sc_core::SC_US));
  CHECK(beyond.answered == sc_time(9 * 1250 + 10'000, SC_PS));
  CHECK(beyond.get_response_status() == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(last.get_response_status() == tlm::TLM_OK_RESPONSE);
  CHECK(streaming.get_response_status() == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(enables.get_response_status() == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  CHECK(ignore.get_response_status() == tlm::TLM_OK_RESPONSE);
}

TEST_CASE("bytes that are not enabled are not asked for, and a write without them is a masked one") {
  Config c = ddr3();
  c.timing.ccd_mw = 16;
  MemoryBench bench(c);
  unsigned char enables[] = {0xff, 0xff, 0, 0xff};
  Payload& whole = bench.initiator().prepare(tlm::TLM_WRITE_COMMAND, 0, 128);
  bench.initiator().send(whole);
  for (const tlm::tlm_command command : {tlm::TLM_WRITE_COMMAND, tlm::TLM_READ_COMMAND}) {
    Payload& part = bench.initiator().prepare(command, 128, 128);
    part.set_byte_enable_ptr(enables);
    part.set_byte_enable_length(4);
    bench.initiator().send(part);
  }
  sc_core::sc_start(sc_time(2, sc_core::SC_US));
  const Counts counts = bench.memory.counts();
  CHECK(counts.write_bursts == 4);
  CHECK(counts.masked_bursts == 2);
  CHECK(counts.write_bytes == 128 + 96);
  CHECK(counts.read_bursts == 2);  // none is forwarded: the queued writes do not cover them
  CHECK(counts.read_bytes == 96);
}

TEST_CASE("DMI is neither hinted nor granted: it would go past the timing") {
  MemoryBench bench;
  Payload& p = bench.initiator().read(0);
  sc_core::sc_start(sc_time(1, sc_core::SC_US));
  CHECK_FALSE(p.is_dmi_allowed());
  tlm::tlm_dmi dmi;
  CHECK_FALSE(bench.initiator().socket->get_direct_mem_ptr(p, dmi));
}

TEST_CASE("debug access moves what exists and takes no time") {
  MemoryBench bench;
  Payload& p = bench.initiator().prepare(tlm::TLM_WRITE_COMMAND, kBytes - 24);
  p.data[0] = 9;
  CHECK(bench.initiator().socket->transport_dbg(p) == 24);
  CHECK(bench.memory.data()[kBytes - 24] == 9);
  CHECK(bench.memory.counts().busy == 0);
}

TEST_CASE("a transaction that nobody manages the memory of is reported") {
  const ExpectedWarnings any;
  MemoryBench bench;
  bench.expected_violations = "memory manager: none at 0 s\n";
  std::array<unsigned char, 64> data{};
  tlm::tlm_generic_payload p;
  p.set_read();
  p.set_data_ptr(data.data());
  p.set_data_length(data.size());
  p.set_streaming_width(data.size());
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_time delay;
  CHECK_THROWS_WITH(bench.initiator().socket->nb_transport_fw(p, phase, delay),
                    Catch::Contains("transaction without a memory manager"));
}

TEST_CASE("an end of a response that never began is reported") {
  const ExpectedWarnings any;
  MemoryBench bench;
  bench.expected_violations = "phase order: END_RESP of a transaction that is not under way at 0 s\n";
  Payload& p = bench.initiator().prepare(tlm::TLM_READ_COMMAND, 0);
  tlm::tlm_phase phase = tlm::END_RESP;
  sc_time delay;
  CHECK_THROWS_WITH(bench.initiator().socket->nb_transport_fw(p, phase, delay),
                    Catch::Contains("END_RESP without BEGIN_RESP"));
}

TEST_CASE("an end of another response than the one under way is reported") {
  const ExpectedWarnings any;
  MemoryBench bench;
  bench.expected_violations = "phase order: END_RESP after END_REQ at 100 ns\n";  // the initiator's
  bench.initiator().end_response = EndResponse::kLater;
  bench.initiator().end_delay = sc_time(1, sc_core::SC_US);
  bench.initiator().read(0);
  Payload& second = bench.initiator().read(64);
  run_ns(100);
  REQUIRE(bench.initiator().responding != nullptr);
  tlm::tlm_phase phase = tlm::END_RESP;
  sc_time delay;
  CHECK_THROWS_WITH(bench.initiator().socket->nb_transport_fw(second, phase, delay),
                    Catch::Contains("END_RESP without BEGIN_RESP"));
}

TEST_CASE("a response that is ended twice is reported") {
  const ExpectedWarnings any;
  MemoryBench bench;
  bench.initiator().end_response = EndResponse::kTwice;
  bench.initiator().read(0);
  CHECK_THROWS_WITH(run_ns(100), Catch::Contains("a response was ended twice"));
}
