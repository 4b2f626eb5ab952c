// When the load engine does what: each formula of docs/timing.md, "Load engine", to the edge.
//
// With k the edge at which the command is popped: request i is pushed at k + 1 + i at the earliest; the
// memory of these tests lets its answer be popped 2 + latency edges later; a line that waits for it is
// written one edge after that.
#include "tests/hw/rtl/dma/load_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

constexpr std::int64_t kMemoryLatency = 7;
// From the pop of the command to the first line that needs the first burst.
constexpr std::int64_t kFirstData = 1 + (2 + kMemoryLatency) + 1;

LoadActivations row_load(int columns, int rows = 1) {
  LoadActivations load;
  load.slice.columns = static_cast<std::uint16_t>(columns);
  load.slice.rows = static_cast<std::uint16_t>(rows);
  load.slice.channel_pitch = load.slice.image_pitch = static_cast<std::uint32_t>(columns * rows);
  load.slice.dram_offset = 0x3c;  // kDataBase is 4 past a multiple of 64
  return load;
}

struct TimedLoads : LoadBench {
  explicit TimedLoads(const AcceleratorConfig& accelerator) : LoadBench(accelerator) {
    memory.latency = kMemoryLatency;
  }
};

}  // namespace

TEST_CASE("a request leaves one edge after its command is popped") {
  TimedLoads bench(small_config());
  bench.run(row_load(8));
  CHECK(bench.memory.requested_at.at(0) ==
        bench.source.pushed_at.at(0) + 3);  // pushed +1: popped, +2: requested
}

TEST_CASE(
    "a line is written one edge after its last answer is popped and completes the command at that edge") {
  TimedLoads bench(small_config());
  bench.run(row_load(8));  // one line of 2 x columns bytes
  CHECK(bench.duration() == kFirstData);
  bench.run(row_load(9));  // a second line follows at the next edge
  CHECK(bench.duration() == kFirstData + 1);
  bench.run(row_load(64));
  CHECK(bench.duration() == kFirstData + 7);
}

TEST_CASE("16-bit lines hold half the elements") {
  TimedLoads bench(small_config());
  LoadActivations load = row_load(8);
  load.slice.width = Width::k16;
  load.slice.channel_pitch = load.slice.image_pitch = 16;
  bench.run(load);
  CHECK(bench.duration() == kFirstData + 1);
}

TEST_CASE("a line of weights or parameters is one burst") {
  TimedLoads bench(small_config());
  LoadParameters parameters;
  parameters.dram_offset = 64;
  parameters.entries = 12;
  bench.run(parameters);
  CHECK(bench.duration() == kFirstData + 2);
  LoadWeights weights;
  weights.dram_offset = 64;
  weights.row_bytes = 72;
  weights.groups = 1;
  weights.rows = weights.last_rows = 2;
  bench.run(weights);
  CHECK(bench.duration() == kFirstData + 2);
}

TEST_CASE("each padded row takes lines of its own, and padding above needs no data") {
  TimedLoads bench(small_config());
  LoadActivations load = row_load(5, 2);
  load.pad_top = load.pad_left = load.pad_bottom = load.pad_right = 1;
  bench.run(load);  // first row of padding while the data is on its way; then two rows and one of padding
  CHECK(bench.duration() == kFirstData + 2);
  load.pad_right = 3;  // 9 elements: two lines a row
  bench.run(load);
  CHECK(bench.duration() == kFirstData + 5);
}

TEST_CASE("lines of padding alone are written from the edge after the pop on") {
  TimedLoads bench(small_config());
  LoadActivations load = row_load(8);
  load.pad_top = 30;
  bench.run(load);
  CHECK(bench.duration() == 31);
}

TEST_CASE("a line takes stride_w edges") {
  TimedLoads bench(small_config());
  LoadActivations load = row_load(16);
  load.stride_w = 3;
  bench.run(load);
  CHECK(bench.duration() == kFirstData + 5);
  load.stride_w = 1;
  load.stride_h = 2;
  bench.run(load);
  CHECK(bench.duration() == kFirstData + 1);
}

TEST_CASE("one burst is requested and one answer popped an edge") {
  AcceleratorConfig config = small_config();
  config.columns = 32;  // a line is a burst
  config.dram.max_outstanding = 16;
  TimedLoads bench(config);
  bench.run(row_load(20 * 64));
  CHECK(bench.duration() == kFirstData + 19);
}

TEST_CASE("no more is requested than the staging buffer can hold") {
  AcceleratorConfig config = small_config();
  config.columns = 32;
  config.dram.max_outstanding = 2;
  TimedLoads bench(config);  // room for three bursts
  bench.run(row_load(4 * 64));
  // The fourth is requested one edge after the first line was written.
  CHECK(bench.memory.requested_at.at(2) == bench.memory.requested_at.at(0) + 2);
  CHECK(bench.memory.requested_at.at(3) == bench.memory.answered_at.at(0) + 1 + 1 + 1 + 1);
  CHECK(bench.duration() == 2 * kFirstData);
}

TEST_CASE("the next command is popped one edge after a completion") {
  TimedLoads bench(small_config());
  Command command;
  command.body = row_load(8);
  bench.source.queue.push_back(issued(command, bench.regions));
  bench.source.queue.push_back(issued(command, bench.regions));
  REQUIRE(bench.run_until([&] { return bench.sink.received.size() == 2; }));
  CHECK(bench.sink.received_at[1] - bench.sink.received_at[0] == kFirstData + 1);
}
