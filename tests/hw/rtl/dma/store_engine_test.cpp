// What the store engine writes to memory, when, and what it refuses.
#include "hw/rtl/dma/store_engine.h"

#include <rapidcheck.h>

#include "tests/hw/rtl/engine_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

constexpr std::int64_t kLatency = 7;
constexpr std::uint8_t kUnwritten = 0x5a;

AcceleratorConfig config_with_burst(int burst_bytes) {
  AcceleratorConfig config;
  config.output_buffer_bytes = 2048;
  config.dram.burst_bytes = burst_bytes;
  return config;
}

struct StoreBench : Bench {
  static constexpr std::uint64_t kDataBase = 0x3004, kDataBytes = 5000;

  explicit StoreBench(int burst_bytes = 64) : config(config_with_burst(burst_bytes)) {
    memory.base = 0x3000;
    memory.bytes.resize(0x2000);
    memory.latency = kLatency;
    const std::vector<std::uint8_t> content = noise(2048);
    for (std::uint32_t i = 0; i < content.size(); ++i) outputs.write(i, Width::k8, content[i]);
    attach(source, sink, memory, engine);
    memory.in(requests);
    memory.out(responses);
    engine.commands(commands);
    engine.requests(requests);
    engine.responses(responses);
    engine.completions(completions);
    engine.outputs(outputs);
  }

  Completion run(const Store& store) {
    Command command;
    command.header.layer = 2;
    command.header.layer_end = true;
    command.body = store;
    source.queue.push_back(issued(command, regions));
    const std::size_t already = sink.received.size();
    REQUIRE(run_until([&] { return sink.received.size() > already; }));
    return sink.received.back();
  }
  /// Edges from the one that popped the last command to the one that pushed its completion; nothing stalls.
  std::int64_t duration() const { return sink.received_at.back() - source.pushed_at.back() - 2; }

  AcceleratorConfig config;
  RegionMap regions{{0, kDataBase}, {0, kDataBytes}};
  Profile profile;
  OutputBuffer outputs{config};
  Channel<IssuedCommand> commands{"commands"};
  Channel<MemoryRequest> requests{"requests"};
  Channel<MemoryResponse> responses{"responses"};
  Channel<Completion> completions{"completions"};
  Source<IssuedCommand> source{"source", commands};
  Sink<Completion> sink{"sink", completions};
  FixedLatencyMemory memory{"memory", true};
  StoreEngine engine{"store_engine", config, profile};
};

int pick(int low, int high) {
  return *rc::gen::inRange(low, high + 1);
}

void check_random_store(StoreBench& bench) {
  Store store;
  TensorSlice& slice = store.slice;
  slice.width = *rc::gen::element(Width::k8, Width::k16);
  const int size = slice.width == Width::k16 ? 2 : 1;
  slice.images = static_cast<std::uint16_t>(pick(1, 3));
  slice.channels = static_cast<std::uint16_t>(pick(1, 3));
  slice.rows = static_cast<std::uint16_t>(pick(1, 5));
  slice.columns = static_cast<std::uint16_t>(pick(1, 20));
  const int channel_elements = slice.rows * slice.columns;
  slice.row_gap = static_cast<std::uint32_t>(size * pick(0, 1) * pick(0, 8));
  slice.channel_pitch = static_cast<std::uint32_t>(size * (channel_elements + pick(0, 1) * pick(0, 70))) +
                        slice.rows * slice.row_gap;
  slice.image_pitch =
      slice.channel_pitch * slice.channels + static_cast<std::uint32_t>(size * pick(0, 1) * pick(0, 70));
  slice.dram_offset = static_cast<std::uint32_t>(size * pick(0, 100));
  store.base = static_cast<std::uint32_t>(pick(0, 20));
  store.image_stride = static_cast<std::uint32_t>(slice.channels * channel_elements + pick(0, 7));
  if (store.base + 2 * store.image_stride + slice.channels * channel_elements > 1024u) store.image_stride = 0;

  std::fill(bench.memory.bytes.begin(), bench.memory.bytes.end(), kUnwritten);
  std::vector<std::uint8_t> expected = bench.memory.bytes;
  for (int n = 0; n < slice.images; ++n) {
    for (int c = 0; c < slice.channels; ++c) {
      for (int i = 0; i < channel_elements; ++i) {
        const std::uint32_t element = store.base + n * store.image_stride + c * channel_elements + i;
        const std::size_t at = 4 + slice.dram_offset + n * slice.image_pitch + c * slice.channel_pitch +
                               size * i + i / slice.columns * slice.row_gap;
        for (int b = 0; b < size; ++b) {
          expected[at + b] =
              static_cast<std::uint8_t>(bench.outputs.read(size * element + b, Width::k8, false));
        }
      }
    }
  }
  const std::size_t first_request = bench.memory.requests.size();
  bench.profile.clear();
  const Completion completion = bench.run(store);
  RC_ASSERT(completion.fault == ProgramFault::kNone);
  RC_ASSERT(completion.layer == 2);
  RC_ASSERT(completion.layer_end);
  RC_ASSERT(bench.memory.bytes == expected);
  RC_ASSERT(bench.memory.answered_at.size() == bench.memory.requests.size());

  const EventCounts& events = bench.profile.layers().at(2).events;
  const std::int64_t elements = std::int64_t{slice.images} * slice.channels * channel_elements;
  RC_ASSERT(events[Event::kDramWrite] == elements * size);
  RC_ASSERT(events[Event::kOutputBufferRead] == elements);
  RC_ASSERT(events[Event::kDramWriteBurst] ==
            static_cast<std::int64_t>(bench.memory.requests.size() - first_request));
}

Store row_store(int columns) {
  Store store;
  store.slice.columns = static_cast<std::uint16_t>(columns);
  store.slice.channel_pitch = store.slice.image_pitch = static_cast<std::uint32_t>(columns);
  store.slice.dram_offset = 0x3c;  // kDataBase is 4 past a multiple of 64
  return store;
}

}  // namespace

TEST_CASE("a store writes its slice and nothing else") {
  StoreBench bench;
  REQUIRE(rc::check([&] { check_random_store(bench); }));
}

TEST_CASE("a store writes the same with small bursts when every channel stalls at random") {
  StoreBench bench(16);
  bench.stall(bench.commands, 40);
  bench.stall(bench.requests, 40);
  bench.stall(bench.responses, 40);
  bench.stall(bench.completions, 40);
  REQUIRE(rc::check([&] { check_random_store(bench); }));
}

TEST_CASE("a store completes at the edge that pops its last acknowledgement, one burst an edge before") {
  StoreBench bench;
  // Requests at k + 1 .. k + n; each acknowledgement can be popped 2 + latency edges later.
  bench.run(row_store(64));
  CHECK(bench.memory.requested_at.at(0) == bench.source.pushed_at.at(0) + 3);
  CHECK(bench.duration() == 1 + 2 + kLatency);
  bench.run(row_store(65));
  CHECK(bench.duration() == 2 + 2 + kLatency);
  bench.run(row_store(64 * 20));
  CHECK(bench.duration() == 20 + 2 + kLatency);
}

TEST_CASE("stores that leave the data region or the buffer are refused without a request") {
  StoreBench bench;
  const auto check_refused = [&](const Store& store, ProgramFault fault) {
    CHECK(bench.run(store).fault == fault);
    CHECK(bench.duration() == 1);
    bench.run_until([] { return false; }, 20);
    CHECK(bench.memory.requests.empty());
  };
  Store store = row_store(100);
  store.slice.dram_offset = StoreBench::kDataBytes - 99;
  check_refused(store, ProgramFault::kStoreOutsideData);
  store.slice.dram_offset = 0;
  store.slice.images = 2;
  store.slice.image_pitch = 0xffffff00;
  check_refused(store, ProgramFault::kStoreOutsideData);
  store = row_store(100);
  store.base = 2048 - 99;
  check_refused(store, ProgramFault::kBadField);
  store.base = 0;
  store.slice.images = 2;
  store.image_stride = 2048 - 99;
  check_refused(store, ProgramFault::kBadField);
  store.slice.images = 0;
  check_refused(store, ProgramFault::kBadField);
  store = row_store(100);
  store.slice.width = Width::k16;
  store.slice.dram_offset = 1;
  check_refused(store, ProgramFault::kBadField);

  store = row_store(100);
  store.slice.dram_offset = StoreBench::kDataBytes - 100;
  store.base = 2048 - 100;
  CHECK(bench.run(store).fault == ProgramFault::kNone);
}

TEST_CASE("an error of the memory ends the store after all acknowledgements have come") {
  StoreBench bench;
  bench.memory.fails = [](std::uint64_t address) { return address == 0x3040 + 64; };
  CHECK(bench.run(row_store(64 * 20)).fault == ProgramFault::kMemoryError);
  CHECK(bench.memory.requests.size() < 20);
  CHECK(bench.memory.answered_at.size() == bench.memory.requests.size());
  CHECK(bench.sink.received_at.back() - 1 == bench.memory.answered_at.back() + 1);
  bench.memory.fails = [](std::uint64_t) { return false; };
  CHECK(bench.run(row_store(64)).fault == ProgramFault::kNone);
}
