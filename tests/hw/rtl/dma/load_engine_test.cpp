// What the load engine writes, whatever the shapes and the stalls, and what it refuses.
#include <rapidcheck.h>

#include "tests/hw/rtl/dma/load_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

constexpr int kUntouched = 0x5a;

int draw(int low, int high) {
  return *rc::gen::inRange(low, high + 1);
}

template <class Load>
Load any_tensor_load(bool strides) {
  Load load;
  TensorSlice& slice = load.slice;
  slice.width = *rc::gen::element(Width::k8, Width::k16);
  const int size = slice.width == Width::k16 ? 2 : 1;
  slice.images = static_cast<std::uint16_t>(draw(1, 2));
  slice.channels = static_cast<std::uint16_t>(draw(1, 3));
  slice.rows = static_cast<std::uint16_t>(draw(1, 5));
  slice.columns = static_cast<std::uint16_t>(draw(1, 20));
  slice.row_gap = static_cast<std::uint32_t>(size * draw(0, 1) * draw(0, 20));
  const int channel_bytes = slice.rows * (size * slice.columns + static_cast<int>(slice.row_gap));
  slice.channel_pitch = static_cast<std::uint32_t>(channel_bytes + size * draw(0, 1) * draw(0, 70));
  slice.image_pitch =
      slice.channel_pitch * slice.channels + static_cast<std::uint32_t>(size * draw(0, 1) * draw(0, 70));
  slice.dram_offset = static_cast<std::uint32_t>(size * draw(0, 100));
  if (*rc::gen::arbitrary<bool>()) {
    load.pad_top = static_cast<std::uint8_t>(draw(0, 2));
    load.pad_left = static_cast<std::uint8_t>(draw(0, 2));
    load.pad_bottom = static_cast<std::uint8_t>(draw(0, 2));
    load.pad_right = static_cast<std::uint8_t>(draw(0, 2));
    load.pad_value = static_cast<std::int16_t>(draw(-128, 127));
  }
  if (strides) {
    load.stride_h = static_cast<std::uint8_t>(draw(1, 3));
    load.stride_w = static_cast<std::uint8_t>(draw(1, 3));
  }
  load.base = static_cast<std::uint32_t>(draw(0, 30));
  load.image_stride = static_cast<std::uint32_t>(load.slice.channels * load.channel_stride() + draw(0, 5));
  return load;
}

// The whole buffer after the load, by the formula of LoadTensor.
std::vector<int> expected_buffer(const LoadBench& bench, const LoadTensor& load, std::size_t size) {
  const TensorSlice& slice = load.slice;
  std::vector<int> buffer(size, kUntouched);
  for (int n = 0; n < slice.images; ++n) {
    for (int c = 0; c < slice.channels; ++c) {
      for (int iy = 0; iy < load.padded_rows(); ++iy) {
        for (int ix = 0; ix < load.padded_columns(); ++ix) {
          const int plane = (c * load.stride_h + iy % load.stride_h) * load.stride_w + ix % load.stride_w;
          const std::size_t place = load.base + n * load.image_stride +
                                    (plane * load.plane_rows() + iy / load.stride_h) * load.plane_columns() +
                                    ix / load.stride_w;
          const int y = iy - load.pad_top, x = ix - load.pad_left;
          int value = load.pad_value;
          if (y >= 0 && y < slice.rows && x >= 0 && x < slice.columns) {
            const std::uint64_t at = slice.dram_offset + std::uint64_t{slice.image_pitch} * n +
                                     std::uint64_t{slice.channel_pitch} * c +
                                     std::uint64_t{slice.row_gap} * y +
                                     std::uint64_t{element_bytes(slice.width)} * (y * slice.columns + x);
            value = bench.memory_byte(Region::kData, at);
            if (slice.width == Width::k16)
              value = static_cast<std::int16_t>(value | bench.memory_byte(Region::kData, at + 1) << 8);
          }
          buffer[place] = slice.width == Width::k16 ? value : value & 0xff;
        }
      }
    }
  }
  return buffer;
}

template <class Load, class Buffer>
void check_tensor_load(LoadBench& bench, Buffer& buffer, const Load& load, Event bytes_event,
                       Event write_event) {
  const Width width = load.slice.width;
  const std::size_t size = 4096 / element_bytes(width);
  for (std::uint32_t i = 0; i < size; ++i) buffer.write(i, width, kUntouched);
  const std::size_t first_request = bench.memory.requests.size();
  bench.profile.clear();
  const Completion completion = bench.run(load, 3);
  RC_ASSERT(completion.fault == ProgramFault::kNone);
  RC_ASSERT(completion.layer == 3);

  std::vector<int> found;
  for (std::uint32_t i = 0; i < size; ++i) found.push_back(buffer.read(i, width, false));
  RC_ASSERT(found == expected_buffer(bench, load, size));

  const EventCounts& events = bench.profile.layers().at(3).events;
  const TensorSlice& slice = load.slice;
  const std::int64_t useful =
      std::int64_t{slice.images} * slice.channels * slice.rows * slice.columns * element_bytes(width);
  const auto bursts = static_cast<std::int64_t>(bench.memory.requests.size() - first_request);
  RC_ASSERT(events[bytes_event] == useful);
  RC_ASSERT(events[Event::kDramReadBurst] == bursts);
  RC_ASSERT(events[Event::kDramReadUnused] == bursts * bench.config.dram.burst_bytes - useful);
  RC_ASSERT(events[write_event] ==
            std::int64_t{slice.images} * slice.channels * load.padded_rows() * load.padded_columns());
}

bool activations_are_right(LoadBench& bench) {
  return rc::check([&] {
    check_tensor_load(bench, bench.activations, any_tensor_load<LoadActivations>(true),
                      Event::kDramReadActivation, Event::kActivationBufferWrite);
  });
}

LoadWeights some_weights() {
  LoadWeights load;
  load.dram_offset = 128;
  load.base = 200;  // wraps in a bank of 256
  load.row_bytes = 24;
  load.groups = 4;
  load.groups_per_conv_group = 2;
  load.rows = 4;
  load.last_rows = 3;
  return load;
}

void check_weights(LoadBench& bench) {
  const LoadWeights load = some_weights();
  bench.profile.clear();
  REQUIRE(bench.run(load).fault == ProgramFault::kNone);
  std::uint64_t at = load.dram_offset;
  for (std::uint32_t g = 0; g < 4; ++g) {
    for (int r = 0; r < (g % 2 == 1 ? 3 : 4); ++r) {
      for (std::uint32_t b = 0; b < 24; b += 8) {
        std::uint64_t word = 0;
        for (unsigned i = 0; i < 8; ++i) {
          word |= std::uint64_t{bench.memory_byte(Region::kConstants, at++)} << (8 * i);
        }
        CHECK(bench.weights.read_word(r, (200 + g * 24 + b) % 256) == word);
      }
    }
  }
  const EventCounts& events = bench.profile.layers().at(0).events;
  CHECK(events[Event::kDramReadWeight] == 14 * 24);
  CHECK(events[Event::kWeightBufferWrite] == 14 * 3);
  CHECK(events[Event::kDramReadBurst] == 6);
  CHECK(events[Event::kDramReadUnused] == 6 * 64 - 14 * 24);
}

void check_parameters(LoadBench& bench) {
  LoadParameters load;
  load.dram_offset = 1024;
  load.base = 5;
  load.entries = 11;
  bench.profile.clear();
  REQUIRE(bench.run(load).fault == ProgramFault::kNone);
  for (unsigned e = 0; e < 11; ++e) {
    std::uint64_t bias = 0;
    const auto byte = [&](unsigned i) { return bench.memory_byte(Region::kConstants, 1024 + 16 * e + i); };
    for (unsigned i = 0; i < 8; ++i) bias |= std::uint64_t{byte(i)} << (8 * i);
    const ParameterEntry& found = bench.parameters.read(5 + e);
    CHECK(found.bias == static_cast<std::int64_t>(bias));
    CHECK(found.multiplier == byte(8) + 256 * byte(9));
    CHECK(found.shift == byte(10) % 64);
  }
  const EventCounts& events = bench.profile.layers().at(0).events;
  CHECK(events[Event::kDramReadParameter] == 176);
  CHECK(events[Event::kParameterWrite] == 11);
  CHECK(events[Event::kDramReadUnused] == 16);
}

void check_table(LoadBench& bench, bool wide) {
  LoadTable load;
  load.dram_offset = 512;
  load.table = 1;
  load.width = wide ? Width::k16 : Width::k8;
  bench.profile.clear();
  REQUIRE(bench.run(load).fault == ProgramFault::kNone);
  const auto byte = [&](unsigned i) { return int{bench.memory_byte(Region::kConstants, 512 + i)}; };
  for (int code = 0; code < 256; ++code) {
    const int at = wide ? 256 * code - 32768 : code;
    const int expected =
        wide ? static_cast<std::int16_t>(byte(2 * code) + 256 * byte(2 * code + 1)) : byte(code);
    CHECK(bench.tables.read(1).at(at, load.width, false) == expected);
    CHECK(bench.tables.read(0).at(at, load.width, false) == 0);
  }
  const EventCounts& events = bench.profile.layers().at(0).events;
  CHECK(events[Event::kDramReadParameter] == (wide ? 514 : 256));
  CHECK(events[Event::kTableWrite] == (wide ? 257 : 256));
  CHECK(events[Event::kDramReadUnused] == (wide ? 62 : 0));
}

template <class Body>
void check_refused(LoadBench& bench, const Body& body, ProgramFault fault) {
  const std::size_t requests = bench.memory.requests.size();
  CHECK(bench.run(body).fault == fault);
  CHECK(bench.duration() == 1);
  bench.run_until([] { return false; }, 20);
  CHECK(bench.memory.requests.size() == requests);
}

}  // namespace

TEST_CASE("activations arrive padded and split by stride phase") {
  LoadBench bench(small_config());
  REQUIRE(activations_are_right(bench));
}

TEST_CASE("activations arrive the same with small bursts and a single outstanding one") {
  AcceleratorConfig config = small_config();
  config.dram.burst_bytes = 16;
  config.dram.max_outstanding = 1;
  LoadBench bench(config);
  REQUIRE(activations_are_right(bench));
}

TEST_CASE("activations arrive the same with large bursts and wide arrays") {
  AcceleratorConfig config = small_config();
  config.columns = 64;
  config.dram.burst_bytes = 256;
  LoadBench bench(config);
  bench.memory.latency = 1;
  REQUIRE(activations_are_right(bench));
}

TEST_CASE("activations arrive the same when every channel stalls at random") {
  LoadBench bench(small_config());
  bench.stall_all(40);
  REQUIRE(activations_are_right(bench));
}

TEST_CASE("operands arrive padded in the output buffer") {
  LoadBench bench(small_config());
  bench.stall_all(20);
  REQUIRE(rc::check([&] {
    check_tensor_load(bench, bench.outputs, any_tensor_load<LoadOutputs>(false), Event::kDramReadOperand,
                      Event::kOutputBufferWrite);
  }));
}

TEST_CASE("weights are dealt to the rows' banks") {
  LoadBench bench(small_config());
  check_weights(bench);
}

TEST_CASE("weights are dealt to the rows' banks when every channel stalls at random") {
  LoadBench bench(small_config());
  bench.stall_all(40);
  check_weights(bench);
}

TEST_CASE("parameters are unpacked") {
  LoadBench bench(small_config());
  check_parameters(bench);
}

TEST_CASE("a table arrives whole in its place, of either width") {
  LoadBench bench(small_config());
  check_table(bench, false);
  check_table(bench, true);
}

TEST_CASE("a table arrives the same when every channel stalls at random") {
  LoadBench bench(small_config());
  bench.stall_all(40);
  check_table(bench, true);
}

TEST_CASE("parameters are unpacked when every channel stalls at random") {
  LoadBench bench(small_config());
  bench.stall_all(40);
  check_parameters(bench);
}

TEST_CASE("loads that leave their region or a buffer are refused without a request") {
  LoadBench bench(small_config());

  LoadActivations tensor;
  tensor.slice.columns = 100;
  tensor.slice.channel_pitch = tensor.slice.image_pitch = 100;
  tensor.slice.dram_offset = LoadBench::kDataBytes - 99;
  check_refused(bench, tensor, ProgramFault::kLoadOutsideRegion);
  tensor.slice.dram_offset = LoadBench::kDataBytes - 100;
  CHECK(bench.run(tensor).fault == ProgramFault::kNone);
  tensor.base = 4096 - 99;
  check_refused(bench, tensor, ProgramFault::kBadField);
  tensor.base = 4096 - 100;
  CHECK(bench.run(tensor).fault == ProgramFault::kNone);
  tensor.pad_left = 1;
  check_refused(bench, tensor, ProgramFault::kBadField);
  tensor.base = 0;
  tensor.stride_w = 0;
  check_refused(bench, tensor, ProgramFault::kBadField);
  tensor.stride_w = 1;
  tensor.slice.rows = 0;
  check_refused(bench, tensor, ProgramFault::kBadField);
  tensor.slice.rows = 1;
  tensor.slice.columns = 50;
  tensor.slice.width = Width::k16;
  tensor.slice.dram_offset = 1;
  check_refused(bench, tensor, ProgramFault::kBadField);

  LoadOutputs operand;
  operand.stride_h = 2;
  check_refused(bench, operand, ProgramFault::kBadField);

  LoadWeights weights = some_weights();
  weights.dram_offset = 64;
  weights.groups = 11;  // 264 bytes of a bank of 256
  check_refused(bench, weights, ProgramFault::kBadField);
  weights = some_weights();
  weights.rows = 5;
  check_refused(bench, weights, ProgramFault::kBadField);
  weights = some_weights();
  weights.dram_offset = 4096 - 320;  // 336 bytes
  check_refused(bench, weights, ProgramFault::kLoadOutsideRegion);
  weights.dram_offset = 32;
  check_refused(bench, weights, ProgramFault::kBadField);

  LoadParameters parameters;
  parameters.base = 31;
  parameters.entries = 2;  // of 32
  check_refused(bench, parameters, ProgramFault::kBadField);
  parameters.base = 0;
  parameters.dram_offset = 4096 - 64;
  parameters.entries = 5;
  check_refused(bench, parameters, ProgramFault::kLoadOutsideRegion);

  LoadTable table;
  table.dram_offset = 4096 - 512;
  table.width = Width::k16;  // 514 bytes
  check_refused(bench, table, ProgramFault::kLoadOutsideRegion);
  table.dram_offset = 32;
  check_refused(bench, table, ProgramFault::kBadField);
}

TEST_CASE("an error of the memory ends the load after all answers have come, and the next load works") {
  LoadBench bench(small_config());
  LoadActivations load;
  load.slice.columns = 1000;
  load.slice.channel_pitch = load.slice.image_pitch = 1000;
  bench.memory.fails = [](std::uint64_t address) { return address == 0x3000 + 3 * 64; };
  CHECK(bench.run(load).fault == ProgramFault::kMemoryError);
  CHECK(bench.memory.answered_at.size() == bench.memory.requests.size());
  CHECK(bench.memory.requests.size() < 16);
  // Completion one edge after the last answer is popped.
  CHECK(bench.sink.received_at.back() - 1 == bench.memory.answered_at.back() + 2);

  bench.memory.fails = [](std::uint64_t) { return false; };
  for (std::uint32_t i = 0; i < 4096; ++i) bench.activations.write(i, Width::k8, kUntouched);
  CHECK(bench.run(load).fault == ProgramFault::kNone);
  const std::vector<int> expected = expected_buffer(bench, load, 4096);
  for (std::uint32_t i = 0; i < 4096; ++i)
    REQUIRE(bench.activations.read(i, Width::k8, false) == expected[i]);
}
