// The timed memory as TLM-2.0 initiators see it: times to the picosecond, phases, several initiators, errors.
#include "tlm/dram/timed_memory.h"

#include <fmt/format.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <random>
#include <systemc>

#include "tests/support/child.h"
#include "tests/support/expected_warnings.h"
#include "tests/tlm/dram/presets.h"
#include "tlm/check/protocol_checker.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::dram;
using namespace bitbalance::dram::test;
using sc_core::SC_NS;
using sc_core::SC_PS;
using sc_core::sc_time;

namespace {

/// How an initiator ends a response phase. kWithin: by a call from within the target's.
enum class EndResponse { kCompleted, kUpdated, kLater, kWithin, kTwice };

struct Payload : tlm::tlm_generic_payload {
  using tlm_generic_payload::tlm_generic_payload;
  std::vector<unsigned char> data = std::vector<unsigned char>(256);
  sc_time answered;
  bool is_answered = false;
};

struct Initiator : sc_core::sc_module, tlm::tlm_mm_interface {
  tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};
  EndResponse end_response = EndResponse::kCompleted;
  sc_time end_delay;
  std::vector<std::unique_ptr<Payload>> payloads;
  int references_left = 0;
  tlm::tlm_generic_payload* responding = nullptr;
  sc_core::sc_event end_event;

  explicit Initiator(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_HAS_PROCESS(Initiator);
    socket.register_nb_transport_bw(this, &Initiator::nb_transport_bw);
    SC_METHOD(send_end);
    sensitive << end_event;
    dont_initialize();
  }
  Payload& prepare(tlm::tlm_command command, std::uint64_t address, unsigned length = 64) {
    payloads.push_back(std::make_unique<Payload>(this));
    Payload& p = *payloads.back();
    p.set_command(command);
    p.set_address(address);
    p.set_data_ptr(p.data.data());
    p.set_data_length(length);
    p.set_streaming_width(length);
    return p;
  }
  void send(Payload& p, const sc_time& ahead = {}) {
    p.acquire();
    ++references_left;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_time delay = ahead;
    // The request phase ends at once: reads and writes never block one another.
    CHECK(socket->nb_transport_fw(p, phase, delay) == tlm::TLM_UPDATED);
    CHECK(phase == tlm::END_REQ);
    CHECK(delay == ahead);
  }
  Payload& read(std::uint64_t address) {
    Payload& p = prepare(tlm::TLM_READ_COMMAND, address);
    send(p);
    return p;
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_time& delay) {
    CHECK(phase == tlm::BEGIN_RESP);
    CHECK(responding == nullptr);  // one response phase at a time
    CHECK(delay == sc_core::SC_ZERO_TIME);
    auto& p = static_cast<Payload&>(payload);
    CHECK_FALSE(p.is_answered);
    p.is_answered = true;
    p.answered = sc_core::sc_time_stamp();
    p.release();
    if (end_response == EndResponse::kLater) {
      responding = &payload;
      end_event.notify(end_delay);
      return tlm::TLM_ACCEPTED;
    }
    if (end_response == EndResponse::kWithin || end_response == EndResponse::kTwice) {
      tlm::tlm_phase end = tlm::END_RESP;
      sc_time ahead = end_delay;
      CHECK(socket->nb_transport_fw(payload, end, ahead) == tlm::TLM_COMPLETED);
      return end_response == EndResponse::kTwice ? tlm::TLM_COMPLETED : tlm::TLM_ACCEPTED;
    }
    delay = end_delay;
    if (end_response == EndResponse::kCompleted) return tlm::TLM_COMPLETED;
    phase = tlm::END_RESP;
    return tlm::TLM_UPDATED;
  }
  void send_end() {
    tlm::tlm_generic_payload& payload = *responding;
    responding = nullptr;
    tlm::tlm_phase phase = tlm::END_RESP;
    sc_time delay;
    CHECK(socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_COMPLETED);
  }
  void free(tlm::tlm_generic_payload* payload) override {
    payload->reset();
    --references_left;
  }
};

constexpr std::uint64_t kBytes = 1 << 20;

void run_ns(std::uint64_t ns) {
  if (ns > 0) sc_core::sc_start(sc_time(static_cast<double>(ns), SC_NS));
}

struct MemoryBench {
  explicit MemoryBench(const Config& config = ddr3(), int count = 1) : memory("memory", config, kBytes) {
    for (int i = 0; i < count; ++i) {
      initiators.push_back(std::make_unique<Initiator>(fmt::format("initiator{}", i).c_str()));
      checkers.push_back(std::make_unique<ProtocolChecker>(fmt::format("checker{}", i).c_str()));
      initiators.back()->socket.bind(checkers.back()->target);
      checkers.back()->initiator.bind(memory.target());
    }
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  /// Every test is one of the base protocol, too.
  ~MemoryBench() {
    for (const auto& checker : checkers) CHECK(checker->text() == expected_violations);
  }
  MemoryBench(const MemoryBench&) = delete;
  MemoryBench& operator=(const MemoryBench&) = delete;

  Initiator& initiator(std::size_t i = 0) { return *initiators[i]; }

  TimedMemory memory;
  std::vector<std::unique_ptr<Initiator>> initiators;
  std::vector<std::unique_ptr<ProtocolChecker>> checkers;
  std::string expected_violations;
};

/// One blocking call in a thread of its own.
struct BlockingCall {
  BlockingCall(Initiator& initiator, Payload& payload, const sc_time& ahead) : delay(ahead) {
    sc_core::sc_spawn([this, &initiator, &payload] {
      payload.acquire();
      ++initiator.references_left;
      initiator.socket->b_transport(payload, delay);
      payload.release();
      returned = sc_core::sc_time_stamp();
    });
  }
  sc_time delay, returned;
};

Config with_latencies() {
  Config c = ddr3();
  c.controller.request_latency_ps = 10'000;
  c.controller.response_latency_ps = 10'000;
  return c;
}

}  // namespace

TEST_CASE("a lone read takes activate, read and data, at the DRAM's edges") {
  MemoryBench bench(with_latencies());
  Payload& p = bench.initiator().read(0);
  sc_core::sc_start(sc_time(1, sc_core::SC_US));
  // Queued at the first edge strictly later than 10 ns, that is 9 (8 is 10 ns). ACT at 9, RD at 9 + 11, end
  // of data CL + BL / 2 = 15 later at 35 = 43.75 ns; 10 ns to the answer.
  CHECK(p.answered == sc_time(53'750, SC_PS));
  CHECK(p.is_response_ok());
}

TEST_CASE("a write is answered when its bytes are queued, and read back") {
  MemoryBench bench(with_latencies());
  Payload& p = bench.initiator().prepare(tlm::TLM_WRITE_COMMAND, 128);
  p.data[3] = 77;
  bench.initiator().send(p);
  sc_core::sc_start(sc_time(100, SC_NS));
  CHECK(p.answered == sc_time(9 * 1250 + 10'000, SC_PS));
  Payload& back = bench.initiator().read(128);
  sc_core::sc_start(sc_time(100, SC_NS));
  CHECK(back.is_answered);
  CHECK(back.data[3] == 77);
}

TEST_CASE("edges of a clock without a whole period are rounded up to the picosecond") {
  Config c = ddr3();
  c.tck_ps_numerator = 2500;
  c.tck_ps_denominator = 3;
  MemoryBench bench(c);
  Payload& p = bench.initiator().read(0);
  sc_core::sc_start(sc_time(1, sc_core::SC_US));
  CHECK(p.answered == sc_time(22'500, SC_PS));  // edge 1 + 11 + 15 = 27: 27 x 833 1/3
}

TEST_CASE("an annotated delay is the time of the request") {
  MemoryBench bench(with_latencies());
  Payload& p = bench.initiator().prepare(tlm::TLM_READ_COMMAND, 0);
  bench.initiator().send(p, sc_time(100, SC_NS));
  sc_core::sc_start(sc_time(1, sc_core::SC_US));
  CHECK(p.answered == sc_time(153'750, SC_PS));  // 100 ns is edge 80
}

TEST_CASE("streaming through the socket reaches the peak of the data bus") {
  MemoryBench bench;
  for (std::uint64_t i = 0; i < 32; ++i) bench.initiator().read(64 * i);
  // A request every 4 ns, faster than a burst every 5 ns.
  for (std::uint64_t i = 32; i < 512; ++i) {
    sc_core::sc_start(sc_time(4, SC_NS));
    bench.initiator().read(64 * i);
  }
  sc_core::sc_start(sc_time(10, sc_core::SC_US));
  // The first one ends at edge 27, then one every 4 edges.
  for (std::size_t i = 0; i < 512; ++i)
    REQUIRE(bench.initiator().payloads[i]->answered ==
            sc_time(1250.0 * (27 + 4 * static_cast<double>(i)), SC_PS));
  CHECK(bench.initiator().references_left == 0);
}

TEST_CASE("b_transport takes the same time and returns without a delay") {
  MemoryBench bench(with_latencies());
  Payload& p = bench.initiator().prepare(tlm::TLM_READ_COMMAND, 0);
  Payload& q = bench.initiator().prepare(tlm::TLM_READ_COMMAND, 1 << 13);  // another bank
  BlockingCall call(bench.initiator(), p, sc_core::SC_ZERO_TIME);
  BlockingCall ahead(bench.initiator(), q, sc_time(200, SC_NS));
  sc_core::sc_start(sc_time(1, sc_core::SC_US));
  CHECK(call.returned == sc_time(53'750, SC_PS));
  CHECK(call.delay == sc_core::SC_ZERO_TIME);
  CHECK(ahead.returned == sc_time(253'750, SC_PS));  // temporal decoupling: from its own time on
  CHECK(p.is_response_ok());
}

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

TEST_CASE("initiators that ask at the same time are served alike in whatever order they run") {
  const auto times = [](bool reversed) {
    return bitbalance::test::in_child([reversed] {
      MemoryBench bench(ddr3(), 3);
      std::mt19937 random(5);
      for (int round = 0; round < 200; ++round) {
        std::array<std::uint64_t, 3> address{};
        for (std::uint64_t& a : address) a = random() % (kBytes / 64) * 64;
        for (std::size_t k = 0; k < 3; ++k) {
          const std::size_t i = reversed ? 2 - k : k;
          const bool is_write = (address[i] >> 6 & 1) != 0;
          bench.initiator(i).send(bench.initiator(i).prepare(
              is_write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, address[i]));
        }
        run_ns(random() % 30);
      }
      sc_core::sc_start(sc_time(100, sc_core::SC_US));
      std::string text;
      for (auto& initiator : bench.initiators)
        for (auto& p : initiator->payloads) text += p->answered.to_string() + " ";
      return text;
    });
  };
  const std::string in_order = times(false);
  CHECK(in_order.size() > 600 * 4);
  CHECK(times(true) == in_order);
}

TEST_CASE("any mixture of initiators, lengths and phases moves the right bytes") {
  MemoryBench bench(two_ranks(), 2);
  bench.initiator(1).end_response = EndResponse::kLater;
  bench.initiator(1).end_delay = sc_time(3, SC_NS);
  std::mt19937 random(7);
  std::vector<unsigned char> expected(kBytes);
  struct Expectation {
    Payload* payload;
    std::vector<unsigned char> data;
  };
  std::vector<Expectation> reads;
  for (int i = 0; i < 2000; ++i) {
    Initiator& initiator = bench.initiator(random() % 2);
    const unsigned length = 1 + random() % 256;
    const std::uint64_t address = random() % 4096;
    const bool is_write = random() % 2 == 0;
    Payload& p =
        initiator.prepare(is_write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, address, length);
    for (unsigned char& byte : p.data) byte = static_cast<unsigned char>(random());
    const auto begin = expected.begin() + static_cast<std::ptrdiff_t>(address);
    if (is_write) {
      std::copy_n(p.data.begin(), length, begin);
    } else {
      reads.push_back({&p, {begin, begin + length}});
    }
    initiator.send(p);
    run_ns(1 + random() % 20);
  }
  sc_core::sc_start(sc_time(100, sc_core::SC_US));
  for (const Expectation& e : reads) {
    REQUIRE(e.payload->is_answered);
    REQUIRE(std::equal(e.data.begin(), e.data.end(), e.payload->data.begin()));
  }
  CHECK(bench.memory.data() == expected);
  CHECK(bench.initiator(0).references_left + bench.initiator(1).references_left == 0);
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

TEST_CASE("a DRAM that is too small for what is kept in it is refused") {
  Config c = ddr3();
  c.geometry.rows = 4;
  CHECK_THROWS_WITH(TimedMemory("memory", c, kBytes), Catch::Contains("the DRAM holds 262144 bytes"));
}

TEST_CASE("statistics follow from the counts, with units") {
  Config c = ddr3();
  c.timing.refi = 1000;
  MemoryBench bench(c);
  for (std::uint64_t i = 0; i < 100; ++i) bench.initiator().read(64 * i);
  Payload& part = bench.initiator().prepare(tlm::TLM_READ_COMMAND, 1 << 16, 16);
  bench.initiator().send(part);
  sc_core::sc_start(
      sc_time(5, sc_core::SC_US));  // 4000 clocks, of which refreshes are due at 1000, 2000, 3000
  std::map<std::string, double> figures;
  for (const Statistic& s : bench.memory.statistics()) {
    CHECK(figures.emplace(s.name, s.number()).second);
    CHECK(std::string(s.unit) != "");
    const std::string name = s.name;
    if (name == "row_hits" || name == "unused_bytes") CHECK(std::holds_alternative<std::int64_t>(s.value));
    if (name == "read_latency_mean_ns" || name == "busy_share")
      CHECK(std::holds_alternative<double>(s.value));
  }
  CHECK(figures["peak_bytes_per_s"] == Approx(12.8e9));
  CHECK(figures["read_bytes"] == 6416);
  CHECK(figures["bytes_per_s"] == Approx(6416 / 5e-6));
  CHECK(figures["unused_bytes"] == 48);
  CHECK(figures["row_hits"] == 99);
  CHECK(figures["row_misses"] == 1);
  CHECK(figures["row_conflicts"] == 1);  // 64 KB are all banks' rows once
  CHECK(figures["refreshes"] == 3);
  CHECK(figures["bus_utilization"] == Approx(101 * 4 / 4000.0));
  // From due to done: the first precharges all at once, then tRP + tRFC = 219; the others find all closed:
  // tRFC.
  CHECK(figures["refresh_share"] == Approx((219 + 208 + 208) / 4000.0));
  CHECK(figures["read_queue_peak_bursts"] == 32);
}
