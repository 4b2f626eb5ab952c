#include <boost/crc.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <numeric>
#include <string>

#include "base/text/enum_index.h"
#include "tests/hw/rtl/controller_bench.h"
#include "tests/support/expected_warnings.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

constexpr EngineMask bit(Engine e) {
  return engine_bit(e);
}

/// A record that is sound but for its opcode.
CommandBytes with_opcode(std::uint8_t opcode, std::uint32_t index) {
  CommandBytes bytes{};
  bytes[0] = opcode;
  boost::crc_32_type crc;
  for (unsigned i = 0; i < 4; ++i) crc.process_byte(static_cast<unsigned char>(index >> (8 * i)));
  crc.process_bytes(bytes.data(), 60);
  for (unsigned i = 0; i < 4; ++i) bytes[60 + i] = static_cast<std::uint8_t>(crc.checksum() >> (8 * i));
  return bytes;
}

}  // namespace

TEST_CASE("an empty program takes two memory reads and three edges") {
  ControllerBench bench;
  bench.load({end()});
  const std::int64_t start = bench.start();
  // Request pushed at 0, issued at 1, answered at 1 + 55, passed on at 57, checked at 58; the same for End
  // until 116, which is dispatched at 117.
  bench.run_edges(start + 116 - edge());
  CHECK(bench.read(Register::kStatus) == kStatusBusy);
  CHECK_FALSE(bench.irq.read());
  bench.run_edges(1);
  CHECK(bench.read(Register::kStatus) == (kStatusIdle | kStatusDone));
  CHECK(bench.irq.read());
  CHECK(bench.read(Register::kCyclesLo) == 117);
  CHECK(bench.read(Register::kCommandsDone) == 1);
  REQUIRE(bench.profile.layers().size() == 1);
  CHECK(bench.profile.layers()[0].cycles == 117);
  CHECK(bench.profile.layers()[0].events[Event::kDramReadCommand] == 128);
  CHECK(bench.profile.layers()[0].events[Event::kDramReadBurst] == 2);
}

TEST_CASE("a fetched command is dispatched, issued and seen by its engine one edge after the other") {
  ControllerBench bench;
  bench.load({command(Engine::kLoad), command(Engine::kVector), end()});
  const std::int64_t start = bench.start();
  REQUIRE(bench.run_until([&] { return bench.read(Register::kCommandsDone) == 3; }));
  // Fetched at 116 and, five cycles of bandwidth later, at 121.
  CHECK(bench.engine(Engine::kLoad).popped_at == std::vector<std::int64_t>{start + 119});
  CHECK(bench.engine(Engine::kVector).popped_at == std::vector<std::int64_t>{start + 124});
}

TEST_CASE("a command that waits for a flag issues at the edge at which the completion is seen") {
  ControllerBench bench;
  bench.engine(Engine::kLoad).duration = 50;
  bench.load({command(Engine::kLoad, 0, bit(Engine::kCompute) | bit(Engine::kStore)),
              command(Engine::kCompute, bit(Engine::kLoad), bit(Engine::kStore)),
              command(Engine::kStore, bit(Engine::kLoad) | bit(Engine::kCompute)), end()});
  REQUIRE(bench.run());
  // Completion pushed at p, seen and used at p + 1, popped at p + 2. The fakes complete one edge after their
  // duration, compute `drain` after its acceptance.
  const std::int64_t load = bench.engine(Engine::kLoad).popped_at.at(0);
  const std::int64_t compute = bench.engine(Engine::kCompute).popped_at.at(0);
  CHECK(compute == load + 50 + 1 + 2);
  CHECK(bench.engine(Engine::kStore).popped_at.at(0) == compute + 10 + 7 + 2);
  const LayerProfile& layer = bench.profile.layers().at(0);
  const auto cycles = [&](Engine e, Activity a) { return layer.activity[enum_index(e)][enum_index(a)]; };
  CHECK(cycles(Engine::kLoad, Activity::kBusy) == 50 + 1 + 2);  // from issue to completion seen
  CHECK(cycles(Engine::kCompute, Activity::kBusy) == 10);       // as its meter says
  CHECK(cycles(Engine::kCompute, Activity::kFill) == 2);        // the rest of issue to acceptance seen
  CHECK(cycles(Engine::kStore, Activity::kWaitLoad) > 0);       // the first missing one first
  CHECK(cycles(Engine::kStore, Activity::kWaitCompute) == 1 + 10 + 7 + 1);
}

TEST_CASE("the compute engine takes the next command once its last slot is performed, completions follow") {
  ControllerBench bench;
  bench.engine(Engine::kCompute).drain = 30;
  bench.load({command(Engine::kCompute, 0, bit(Engine::kStore)), command(Engine::kCompute),
              command(Engine::kStore, bit(Engine::kCompute)), end()});
  REQUIRE(bench.run());
  const std::vector<std::int64_t>& compute = bench.engine(Engine::kCompute).popped_at;
  REQUIRE(compute.size() == 2);
  CHECK(compute[1] == compute[0] + 10 + 2);
  CHECK(bench.engine(Engine::kStore).popped_at.at(0) == compute[0] + 10 + 30 + 2);
}

TEST_CASE("a flag is consumed once") {
  ControllerBench bench;
  bench.engine(Engine::kLoad).duration = 100;
  bench.load({command(Engine::kLoad, 0, bit(Engine::kVector)), command(Engine::kVector, bit(Engine::kLoad)),
              command(Engine::kVector, bit(Engine::kLoad)), command(Engine::kLoad, 0, bit(Engine::kVector)),
              end()});
  REQUIRE(bench.run());
  const std::vector<std::int64_t>& load = bench.engine(Engine::kLoad).popped_at;
  CHECK(bench.engine(Engine::kVector).popped_at ==
        std::vector<std::int64_t>{load.at(0) + 103, load.at(1) + 103});
}

TEST_CASE("dispatch in program order stops at a full queue") {
  AcceleratorConfig config;
  config.queue_depth = 1;
  ControllerBench bench(config);
  bench.engine(Engine::kLoad).duration = 500;
  // One load runs, one is queued, the third blocks the vector command behind it.
  bench.load({command(Engine::kLoad), command(Engine::kLoad), command(Engine::kLoad),
              command(Engine::kVector), end()});
  REQUIRE(bench.run());
  const std::vector<std::int64_t>& load = bench.engine(Engine::kLoad).popped_at;
  // The second load leaves its queue one edge before it is popped; the third takes the place at that edge.
  CHECK(bench.engine(Engine::kVector).popped_at.at(0) == load.at(1) + 2);
}

TEST_CASE("no more than eight records are fetched ahead") {
  ControllerBench bench;
  bench.engine(Engine::kLoad).duration = 5000;
  std::vector<Command> program{command(Engine::kLoad), barrier()};
  for (int i = 0; i < 20; ++i) program.push_back(command(Engine::kVector));
  program.push_back(end());
  bench.load(program);
  bench.start();
  bench.run_edges(2000);
  CHECK(bench.profile.layers().at(0).events[Event::kDramReadBurst] ==
        1 + 1 + 8);  // header, load, the rest waits
  REQUIRE(bench.run_until([&] { return bench.engine(Engine::kVector).popped_at.size() == 20; }));
}

TEST_CASE("a barrier lets all engines run dry") {
  ControllerBench bench;
  bench.engine(Engine::kLoad).duration = 100;
  bench.load({command(Engine::kLoad), command(Engine::kVector), barrier(), command(Engine::kVector), end()});
  REQUIRE(bench.run());
  const std::int64_t load = bench.engine(Engine::kLoad).popped_at.at(0);
  // Completion seen at load + 102: the barrier goes at that edge, the next command at the following ones.
  CHECK(bench.engine(Engine::kVector).popped_at.at(1) == load + 102 + 1 + 1 + 1);
}

TEST_CASE("the layers tile the program and every cycle has one activity") {
  ControllerBench bench;
  bench.engine(Engine::kCompute).duration = 37;
  bench.engine(Engine::kStore).duration = 21;
  std::vector<Command> program;
  for (std::uint16_t layer = 0; layer < 3; ++layer) {
    for (int block = 0; block < 4; ++block) {
      program.push_back(command(Engine::kLoad, 0, bit(Engine::kCompute), layer));
      program.push_back(command(Engine::kCompute, bit(Engine::kLoad), bit(Engine::kStore), layer));
      program.push_back(command(Engine::kStore, bit(Engine::kCompute), 0, layer, block == 3));
    }
  }
  program.push_back(end(2));
  bench.load(program);
  REQUIRE(bench.run());
  REQUIRE(bench.profile.layers().size() == 3);
  std::int64_t total = 0, busy_compute = 0;
  for (const LayerProfile& layer : bench.profile.layers()) {
    CHECK(layer.cycles > 0);
    for (const ActivityCycles& activity : layer.activity) {
      CHECK(std::accumulate(activity.begin(), activity.end(), std::int64_t{0}) == layer.cycles);
      for (const std::int64_t cycles : activity) CHECK(cycles >= 0);
    }
    total += layer.cycles;
    busy_compute += layer.activity[1][0];
  }
  CHECK(total == bench.read(Register::kCyclesLo));
  CHECK(busy_compute == 12 * 37);
  CHECK(bench.read(Register::kBusyCompute) == 12 * 37);
  CHECK(bench.read(Register::kBusyStore) == 12 * (21 + 3));
}

TEST_CASE("random stalls change the time, not the order, and the accounts still close") {
  ControllerBench bench;
  for (Engine e : {Engine::kLoad, Engine::kCompute, Engine::kVector, Engine::kStore}) {
    bench.stall(bench.commands(e), 40);
    bench.stall(bench.completions(e), 40);
  }
  bench.stall(bench.acceptances, 40);
  std::vector<Command> program;
  for (std::uint16_t layer = 0; layer < 20; ++layer) {
    program.push_back(command(Engine::kLoad, 0, bit(Engine::kCompute), layer));
    program.push_back(command(Engine::kCompute, bit(Engine::kLoad), bit(Engine::kVector), layer));
    program.push_back(command(Engine::kVector, bit(Engine::kCompute), bit(Engine::kStore), layer));
    program.push_back(command(Engine::kStore, bit(Engine::kVector), 0, layer, true));
  }
  program.push_back(end(19));
  bench.load(program);
  REQUIRE(bench.run());
  CHECK(bench.read(Register::kStatus) == (kStatusIdle | kStatusDone));
  CHECK(bench.read(Register::kCommandsDone) == 81);
  std::vector<std::uint16_t> in_order(20);
  std::iota(in_order.begin(), in_order.end(), std::uint16_t{0});
  for (const auto& engine : bench.engines) CHECK(engine->layers == in_order);
  std::int64_t stalled = 0;
  for (const LayerProfile& layer : bench.profile.layers()) {
    for (const ActivityCycles& activity : layer.activity) {
      CHECK(std::accumulate(activity.begin(), activity.end(), std::int64_t{0}) == layer.cycles);
      stalled += activity[enum_index(Activity::kStalled)];
    }
  }
  CHECK(stalled > 0);
}

TEST_CASE("a damaged program is refused with its code, an interrupt and no write, and the next one runs") {
  ControllerBench bench;
  const std::vector<Command> good{command(Engine::kVector), command(Engine::kVector), end()};
  const auto poke = [&](std::uint64_t offset, std::uint8_t value) {
    bench.memory->data()[ControllerBench::kConstantsBase + offset] ^= value;
  };
  const auto with_header = [&](const std::function<void(ProgramHeader&)>& change) {
    ProgramHeader header = bench.header(good.size());
    change(header);
    bench.put(0, encode(header));
  };
  struct Row {
    const char* what;
    std::function<void()> damage;
    ProgramFault code;
    std::uint32_t command;
  };
  const Row rows[] = {
      {"magic", [&] { poke(0, 1); }, ProgramFault::kBadMagic, 0},
      {"version", [&] { poke(4, 1); }, ProgramFault::kBadVersion, 0},
      {"header crc", [&] { poke(13, 1); }, ProgramFault::kHeaderCrc, 0},
      {"hash", [&] { with_header([](ProgramHeader& h) { ++h.config_hash; }); },
       ProgramFault::kWrongConfiguration, 0},
      {"no commands", [&] { with_header([](ProgramHeader& h) { h.commands = 0; }); }, ProgramFault::kBadField,
       0},
      {"more commands than fit", [&] { with_header([](ProgramHeader& h) { h.commands = 0xffffffff; }); },
       ProgramFault::kBadField, 0},
      {"larger than its region", [&] { with_header([](ProgramHeader& h) { ++h.constants_bytes; }); },
       ProgramFault::kBadField, 0},
      {"more data than its region", [&] { with_header([](ProgramHeader& h) { ++h.data_bytes; }); },
       ProgramFault::kBadField, 0},
      {"first command", [&] { poke(64 + 3, 0x80); }, ProgramFault::kCommandCrc, 0},
      {"second command", [&] { poke(128 + 60, 1); }, ProgramFault::kCommandCrc, 1},
      {"unknown opcode", [&] { bench.put(1, with_opcode(0xee, 0)); }, ProgramFault::kBadOpcode, 0},
      {"swapped", [&] { bench.put(1, encode(good[1], 1)); }, ProgramFault::kCommandCrc, 0},
      {"end too early", [&] { bench.put(2, encode(end(), 1)); }, ProgramFault::kBadField, 1},
      {"no end", [&] { bench.put(3, encode(good[0], 2)); }, ProgramFault::kBadField, 2},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    bench.load(good);
    row.damage();
    const std::vector<std::uint8_t> before = bench.memory->data();
    REQUIRE(bench.run());
    CHECK(bench.read(Register::kStatus) == (kStatusIdle | kStatusError));
    CHECK(bench.read(Register::kError) == (static_cast<std::uint32_t>(row.code) | row.command << 8));
    CHECK(bench.read(Register::kIrqStatus) == kIrqError);
    CHECK(bench.irq.read());
    CHECK(bench.memory->data() == before);
    bench.write(Register::kIrqStatus, kIrqError);
    bench.run_edges(2);
    CHECK_FALSE(bench.irq.read());
  }
  bench.load(good);
  REQUIRE(bench.run());
  CHECK(bench.read(Register::kStatus) == (kStatusIdle | kStatusDone));
  CHECK(bench.read(Register::kError) == 0);
}

TEST_CASE("a constants window too small for a header is refused without a read") {
  ControllerBench bench;
  bench.load({end()});
  bench.configure();
  bench.write(Register::kConstantsBytes, 63);
  bench.write(Register::kControl, kControlStart);
  bench.run_edges(1);
  CHECK(bench.read(Register::kError) == static_cast<std::uint32_t>(ProgramFault::kBadField));
  CHECK(bench.profile.layers().at(0).events[Event::kDramReadBurst] == 0);
}

TEST_CASE("a memory error while fetching is reported") {
  ControllerBench bench;
  bench.configure();
  bench.write(Register::kConstantsBaseLo, 1 << 16);
  bench.write(Register::kControl, kControlStart);
  REQUIRE(bench.run_until([&] { return (bench.read(Register::kStatus) & kStatusIdle) != 0; }));
  CHECK(bench.read(Register::kError) == static_cast<std::uint32_t>(ProgramFault::kMemoryError));
}

TEST_CASE("an engine's fault stops the program, what runs is finished, what waits is dropped") {
  ControllerBench bench;
  bench.engine(Engine::kVector).faults = {ProgramFault::kNone, ProgramFault::kBadField};
  bench.engine(Engine::kStore).duration = 400;
  bench.load({command(Engine::kStore), command(Engine::kVector), command(Engine::kVector),
              command(Engine::kVector), command(Engine::kStore), end()});
  bench.start();
  REQUIRE(bench.run_until([&] { return bench.engine(Engine::kVector).popped_at.size() == 2; }));
  bench.run_edges(100);
  CHECK(bench.read(Register::kStatus) == kStatusBusy);
  REQUIRE(bench.run_until([&] { return (bench.read(Register::kStatus) & kStatusIdle) != 0; }));
  CHECK(bench.read(Register::kError) == (static_cast<std::uint32_t>(ProgramFault::kBadField) | 2 << 8));
  CHECK(bench.engine(Engine::kVector).popped_at.size() == 2);
  CHECK(bench.engine(Engine::kStore).popped_at.size() == 1);
  CHECK(bench.read(Register::kCommandsDone) == 2);
}

TEST_CASE("a compute command that is refused has no completion, those before it do") {
  ControllerBench bench;
  bench.engine(Engine::kCompute).faults = {ProgramFault::kNone, ProgramFault::kBadField};
  bench.engine(Engine::kCompute).drain = 100;
  bench.load({command(Engine::kCompute), command(Engine::kCompute), end()});
  REQUIRE(bench.run());
  CHECK(bench.read(Register::kError) == (static_cast<std::uint32_t>(ProgramFault::kBadField) | 1 << 8));
  CHECK(bench.read(Register::kCommandsDone) == 1);
}

TEST_CASE("the watchdog reports who waits for whom, raises the error and lets a soft reset recover") {
  ControllerBench bench({}, 1000);
  const ExpectedWarnings warnings("no progress");
  bench.load({command(Engine::kStore, bit(Engine::kLoad), 0, 7), end()});
  bench.start();
  bench.run_edges(117 + 500);
  CHECK(warnings.texts().empty());
  bench.run_edges(600);
  CHECK(warnings.last().find("store waits for a flag of load to start command 0 of layer 7") !=
        std::string::npos);
  CHECK(warnings.last().find("controller waits for all engines to dispatch command 1") != std::string::npos);
  CHECK((bench.read(Register::kError) & 0xff) == static_cast<std::uint32_t>(ProgramFault::kTimeout));
  CHECK(bench.irq.read());
  bench.write(Register::kControl, kControlSoftReset);
  bench.run_edges(1);
  CHECK(bench.read(Register::kStatus) == kStatusIdle);
  CHECK(bench.read(Register::kError) == 0);
  CHECK_FALSE(bench.irq.read());
  bench.load({end()});
  REQUIRE(bench.run());
  CHECK((bench.read(Register::kStatus) & kStatusDone) != 0);
}

TEST_CASE("an engine that hangs is an error at once and idle when it comes back") {
  ControllerBench bench({}, 1000);
  const ExpectedWarnings warnings("no progress");
  bench.engine(Engine::kLoad).duration = 3000;
  bench.load({command(Engine::kLoad), end()});
  bench.start();
  bench.run_edges(2000);
  CHECK(warnings.last().find("load has not completed command 0") != std::string::npos);
  CHECK(bench.read(Register::kStatus) == (kStatusBusy | kStatusError));
  bench.write(Register::kControl, kControlStart);  // refused: not idle
  bench.run_edges(2000);
  CHECK(bench.read(Register::kStatus) == (kStatusError | kStatusIdle));
}

TEST_CASE("a soft reset stops a program between commands") {
  ControllerBench bench;
  bench.engine(Engine::kLoad).duration = 300;
  bench.load({command(Engine::kLoad), command(Engine::kLoad), end()});
  const std::int64_t start = bench.start();
  bench.run_edges(200);
  bench.write(Register::kControl, kControlSoftReset);
  bench.run_edges(2);
  CHECK(bench.read(Register::kStatus) == kStatusBusy);
  REQUIRE(bench.run_until([&] { return (bench.read(Register::kStatus) & kStatusIdle) != 0; }));
  CHECK(bench.read(Register::kStatus) == kStatusIdle);
  CHECK(edge() == start + 119 + 300 + 1 + 1);
  CHECK(bench.engine(Engine::kLoad).popped_at.size() == 1);
  CHECK(bench.read(Register::kIrqStatus) == 0);
}

TEST_CASE("a start while a program runs is ignored, interrupts follow their enables") {
  ControllerBench bench;
  bench.load({command(Engine::kLoad), end()});
  bench.configure();
  bench.write(Register::kIrqEnable, kIrqError);
  bench.write(Register::kControl, kControlStart);
  bench.run_edges(60);
  bench.write(Register::kControl, kControlStart);
  bench.write(Register::kConstantsBaseLo, 0);  // captured by start only
  REQUIRE(bench.run_until([&] { return (bench.read(Register::kStatus) & kStatusIdle) != 0; }));
  CHECK(bench.read(Register::kStatus) == (kStatusIdle | kStatusDone));
  CHECK(bench.read(Register::kIrqStatus) == kIrqDone);
  CHECK_FALSE(bench.irq.read());
  bench.write(Register::kIrqEnable, kIrqDone);
  bench.run_edges(1);
  CHECK(bench.irq.read());
  bench.write(Register::kIrqStatus, kIrqError);  // not the bit that is set
  bench.run_edges(1);
  CHECK(bench.irq.read());
  bench.write(Register::kIrqStatus, kIrqDone);
  bench.run_edges(1);
  CHECK_FALSE(bench.irq.read());
}
