// Pooling, addition and look-up inside the output buffer: results, durations, refusals.
#include "hw/rtl/compute/vector_unit.h"

#include <rapidcheck.h>

#include <algorithm>

#include "tests/hw/rtl/engine_bench.h"
#include "tests/support/reference_arithmetic.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

constexpr int kColumns = 8;
constexpr std::uint32_t kBufferBytes = 16384;

AcceleratorConfig small_config(const PipelineConfig& pipeline) {
  AcceleratorConfig config;
  config.pipeline = pipeline;
  config.columns = kColumns;
  config.lookup_tables = 2;
  config.output_buffer_bytes = kBufferBytes;
  config.parameter_buffer_bytes = 512;
  return config;
}

struct VectorBench : Bench {
  explicit VectorBench(const PipelineConfig& pipeline = {}) : config(small_config(pipeline)) {
    attach(source, sink, unit);
    unit.commands(commands);
    unit.parameters(parameters);
    unit.tables(tables);
    unit.outputs(outputs);
    unit.completions(completions);
  }

  template <class Body>
  Completion run(const Body& body) {
    Command command;
    command.header.layer = 1;
    command.body = body;
    source.queue.push_back(issued(command));
    const std::size_t already = sink.received.size();
    REQUIRE(run_until([&] { return sink.received.size() > already; }));
    return sink.received.back();
  }
  /// Edges from the one that popped the last command to the one that pushed its completion; nothing stalls.
  std::int64_t duration() const { return sink.received_at.back() - source.pushed_at.back() - 2; }

  /// By stages of multiply and clamp beyond one each.
  std::int64_t delay() const { return config.pipeline.multiply - 1 + config.pipeline.clamp - 1; }

  void fill(std::uint32_t seed) {
    const std::vector<std::uint8_t> content = noise(kBufferBytes, seed);
    for (std::uint32_t i = 0; i < kBufferBytes; ++i) outputs.write(i, Width::k8, content[i]);
  }
  std::vector<int> content(Width width, bool is_signed) const {
    std::vector<int> elements;
    for (std::uint32_t i = 0; i < kBufferBytes / element_bytes(width); ++i) {
      elements.push_back(outputs.read(i, width, is_signed));
    }
    return elements;
  }

  const AcceleratorConfig config;
  Profile profile;
  ParameterBuffer parameters{config};
  LookupTables tables;
  OutputBuffer outputs{config};
  Channel<IssuedCommand> commands{"commands"};
  Channel<Completion> completions{"completions"};
  Source<IssuedCommand> source{"source", commands};
  Sink<Completion> sink{"sink", completions};
  VectorUnit unit{"vector_unit", config, profile};
};

int pick(int low, int high) {
  return *rc::gen::inRange(low, high + 1);
}

std::int64_t groups_of(std::int64_t elements) {
  return (elements + kColumns - 1) / kColumns;
}

// Random plane sizes; the padding is said by the valid range.
Pool any_pool() {
  Pool pool;
  pool.images = static_cast<std::uint16_t>(pick(1, 2));
  pool.channels = static_cast<std::uint16_t>(pick(1, 3));
  pool.kernel_h = static_cast<std::uint8_t>(pick(1, 3));
  pool.kernel_w = static_cast<std::uint8_t>(pick(1, 3));
  pool.stride_h = static_cast<std::uint8_t>(pick(1, 3));
  pool.stride_w = static_cast<std::uint8_t>(pick(1, 3));
  pool.output_rows = static_cast<std::uint16_t>(pick(1, 5));
  pool.output_columns = static_cast<std::uint16_t>(pick(1, 7));
  pool.input_rows =
      static_cast<std::uint16_t>((pool.output_rows - 1) * pool.stride_h + pool.kernel_h + pick(0, 1));
  pool.input_columns =
      static_cast<std::uint16_t>((pool.output_columns - 1) * pool.stride_w + pool.kernel_w + pick(0, 1));
  pool.valid_row_begin = static_cast<std::uint16_t>(pick(0, pool.kernel_h - 1));
  pool.valid_row_end =
      static_cast<std::uint16_t>(std::max(pool.valid_row_begin + 1, pool.input_rows - pick(0, 1)));
  pool.valid_column_begin = static_cast<std::uint16_t>(pick(0, pool.kernel_w - 1));
  pool.valid_column_end =
      static_cast<std::uint16_t>(std::max(pool.valid_column_begin + 1, pool.input_columns - pick(0, 1)));
  pool.width = *rc::gen::element(Width::k8, Width::k16);
  pool.is_signed = pool.width == Width::k16 || *rc::gen::arbitrary<bool>();
  pool.clip_low = static_cast<std::int16_t>(pool.width == Width::k16 ? -20000 : pool.is_signed ? -128 : 0);
  pool.clip_high = static_cast<std::int16_t>(pool.width == Width::k16 ? 30000 : pool.is_signed ? 100 : 255);
  pool.input_base = static_cast<std::uint32_t>(pick(0, 50));
  pool.input_image_stride =
      static_cast<std::uint32_t>(pool.channels * pool.input_rows * pool.input_columns + pick(0, 5));
  pool.output_base = static_cast<std::uint32_t>(4000 + pick(0, 50));
  pool.output_image_stride =
      static_cast<std::uint32_t>(pool.channels * pool.output_rows * pool.output_columns + pick(0, 5));
  return pool;
}

void check_pool(VectorBench& bench, const Pool& pool, bool stalled) {
  const int area = pool.kernel_h * pool.kernel_w;
  std::vector<ParameterEntry> reciprocals;
  for (int n = 1; n <= area; ++n) {
    reciprocals.push_back({0, static_cast<std::uint16_t>(65536 / (n + 1)), 16});
    bench.parameters.write(static_cast<std::uint32_t>(pool.parameter_base + n - 1), reciprocals.back());
  }
  bench.fill(static_cast<std::uint32_t>(pick(1, 1000)));
  std::vector<int> expected = bench.content(pool.width, pool.is_signed);
  const std::vector<int> input = expected;
  for (int n = 0; n < pool.images; ++n) {
    for (int c = 0; c < pool.channels; ++c) {
      for (int y = 0; y < pool.output_rows; ++y) {
        for (int x = 0; x < pool.output_columns; ++x) {
          std::int64_t sum_all = 0, sum_valid = 0;
          int valid_taps = 0, largest = INT32_MIN;
          for (int r = 0; r < pool.kernel_h; ++r) {
            for (int s = 0; s < pool.kernel_w; ++s) {
              const int iy = y * pool.stride_h + r, ix = x * pool.stride_w + s;
              const int element = input[pool.input_base + n * pool.input_image_stride +
                                        (c * pool.input_rows + iy) * pool.input_columns + ix];
              largest = std::max(largest, element);
              sum_all += element;
              if (iy >= pool.valid_row_begin && iy < pool.valid_row_end && ix >= pool.valid_column_begin &&
                  ix < pool.valid_column_end) {
                sum_valid += element;
                ++valid_taps;
              }
            }
          }
          std::int64_t value = largest;
          if (pool.average && pool.single_divisor) {
            value = reference_rescaled(sum_all, reciprocals[0].multiplier, 16);
          } else if (pool.average) {
            value = valid_taps == 0
                        ? 0
                        : reference_rescaled(sum_valid, reciprocals[valid_taps - 1].multiplier, 16);
          }
          expected[pool.output_base + n * pool.output_image_stride +
                   (c * pool.output_rows + y) * pool.output_columns + x] =
              static_cast<int>(std::clamp<std::int64_t>(value, pool.clip_low, pool.clip_high));
        }
      }
    }
  }

  bench.profile.clear();
  const Completion completion = bench.run(pool);
  RC_ASSERT(completion.fault == ProgramFault::kNone);
  RC_ASSERT(bench.content(pool.width, pool.is_signed) == expected);
  const std::int64_t planes = pool.images * pool.channels;
  const std::int64_t plane = pool.output_rows * pool.output_columns;
  if (!stalled) RC_ASSERT(bench.duration() == planes * groups_of(plane) * area + 1 + bench.delay());
  const EventCounts& events = bench.profile.layers().at(1).events;
  RC_ASSERT(events[Event::kOutputBufferRead] == planes * plane * area);
  RC_ASSERT(events[Event::kPoolElement] == planes * plane * area);
  RC_ASSERT(events[Event::kOutputBufferWrite] == planes * plane);
  RC_ASSERT(events[Event::kRequantize] == (pool.average ? planes * plane : 0));
  RC_ASSERT(events[Event::kParameterRead] == (!pool.average         ? 0
                                              : pool.single_divisor ? planes * groups_of(plane)
                                                                    : planes * plane));
}

bool pooling_is_right(VectorBench& bench, bool stalled) {
  return rc::check([&] {
    Pool pool = any_pool();
    pool.average = *rc::gen::arbitrary<bool>();
    pool.single_divisor = *rc::gen::arbitrary<bool>();
    pool.parameter_base = static_cast<std::uint16_t>(pick(0, 20));
    check_pool(bench, pool, stalled);
  });
}

void check_add(VectorBench& bench, bool stalled) {
  Add add;
  add.width = *rc::gen::element(Width::k8, Width::k16);
  add.input_signed = add.width == Width::k16 || *rc::gen::arbitrary<bool>();
  add.operand_signed = add.width == Width::k16 || *rc::gen::arbitrary<bool>();
  add.elements = static_cast<std::uint32_t>(pick(1, 60));
  add.input_base = static_cast<std::uint32_t>(pick(0, 20));
  add.operand_base = static_cast<std::uint32_t>(pick(100, 120));
  add.output_base = *rc::gen::element(add.input_base, add.operand_base, std::uint32_t{300});
  add.input_multiplier = static_cast<std::uint16_t>(pick(0, 65535));
  add.operand_multiplier = static_cast<std::uint16_t>(pick(0, 65535));
  add.input_shift = static_cast<std::uint8_t>(pick(0, 20));
  add.operand_shift = static_cast<std::uint8_t>(pick(0, 20));
  add.clip_low = static_cast<std::int16_t>(add.width == Width::k16 ? -30000 : -128);
  add.clip_high = static_cast<std::int16_t>(add.width == Width::k16 ? 20000 : 127);

  bench.fill(static_cast<std::uint32_t>(pick(1, 1000)));
  const std::vector<int> inputs = bench.content(add.width, add.input_signed);
  const std::vector<int> operands = bench.content(add.width, add.operand_signed);
  std::vector<int> expected = bench.content(add.width, true);
  for (std::uint32_t i = 0; i < add.elements; ++i) {
    const std::int64_t sum =
        reference_rescaled(inputs[add.input_base + i], add.input_multiplier, add.input_shift) +
        reference_rescaled(operands[add.operand_base + i], add.operand_multiplier, add.operand_shift);
    expected[add.output_base + i] =
        static_cast<int>(std::clamp<std::int64_t>(sum, add.clip_low, add.clip_high));
  }
  bench.profile.clear();
  RC_ASSERT(bench.run(add).fault == ProgramFault::kNone);
  RC_ASSERT(bench.content(add.width, true) == expected);
  if (!stalled) RC_ASSERT(bench.duration() == 2 * groups_of(add.elements) + 1 + bench.delay());
  const EventCounts& events = bench.profile.layers().at(1).events;
  RC_ASSERT(events[Event::kOutputBufferRead] == 2 * std::int64_t{add.elements});
  RC_ASSERT(events[Event::kRequantize] == 2 * std::int64_t{add.elements});
  RC_ASSERT(events[Event::kOutputBufferWrite] == std::int64_t{add.elements});
}

void check_lookup(VectorBench& bench, bool stalled) {
  Lookup lookup;
  const bool wide = *rc::gen::arbitrary<bool>();
  lookup.width = wide ? Width::k16 : Width::k8;
  lookup.table = static_cast<std::uint8_t>(pick(0, 1));
  lookup.elements = static_cast<std::uint32_t>(pick(1, 60));
  lookup.input_base = static_cast<std::uint32_t>(pick(0, 20));
  lookup.output_base = *rc::gen::element(lookup.input_base, std::uint32_t{300});
  const std::vector<std::uint8_t> table =
      noise(LookupTable::kBytes, static_cast<std::uint32_t>(pick(1, 1000)));
  for (std::uint32_t i = 0; i < table.size(); ++i) bench.tables.write(lookup.table, i, table[i]);

  bench.fill(static_cast<std::uint32_t>(pick(1, 1000)));
  const std::vector<int> inputs = bench.content(lookup.width, wide);
  std::vector<int> expected = inputs;
  for (std::uint32_t i = 0; i < lookup.elements; ++i) {
    expected[lookup.output_base + i] =
        static_cast<int>(reference_looked_up(table, inputs[lookup.input_base + i], wide));
  }
  bench.profile.clear();
  RC_ASSERT(bench.run(lookup).fault == ProgramFault::kNone);
  RC_ASSERT(bench.content(lookup.width, wide) == expected);
  if (!stalled) RC_ASSERT(bench.duration() == groups_of(lookup.elements) + 1 + bench.delay());
  const EventCounts& events = bench.profile.layers().at(1).events;
  RC_ASSERT(events[Event::kOutputBufferRead] == std::int64_t{lookup.elements});
  RC_ASSERT(events[Event::kLookup] == std::int64_t{lookup.elements});
  RC_ASSERT(events[Event::kOutputBufferWrite] == std::int64_t{lookup.elements});
}

}  // namespace

TEST_CASE("pooling takes one tap for `columns` outputs an edge, and one edge to write the last") {
  VectorBench bench(kUncut);
  REQUIRE(pooling_is_right(bench, false));
}

TEST_CASE("pooling computes the same when every channel stalls at random") {
  VectorBench bench;
  bench.stall(bench.commands, 40);
  bench.stall(bench.completions, 40);
  REQUIRE(pooling_is_right(bench, true));
}

TEST_CASE("averages leave out the padding, and divide by what is left") {
  VectorBench bench;
  Pool pool;  // 2 x 2 data in the middle of 4 x 4
  pool.input_rows = pool.input_columns = 4;
  pool.output_rows = pool.output_columns = 2;
  pool.kernel_h = pool.kernel_w = 2;
  pool.stride_h = pool.stride_w = 2;
  pool.average = true;
  pool.valid_row_begin = pool.valid_column_begin = 1;
  pool.valid_row_end = pool.valid_column_end = 3;
  pool.output_base = 100;
  for (std::uint32_t i = 0; i < 16; ++i) bench.outputs.write(i, Width::k8, 99);
  bench.outputs.write(5, Width::k8, 10);
  bench.outputs.write(6, Width::k8, 20);
  bench.outputs.write(9, Width::k8, 30);
  bench.outputs.write(10, Width::k8, 40);
  bench.parameters.write(0, {0, 1, 0});
  REQUIRE(bench.run(pool).fault == ProgramFault::kNone);
  CHECK(bench.outputs.read(100, Width::k8, false) == 10);
  CHECK(bench.outputs.read(101, Width::k8, false) == 20);
  CHECK(bench.outputs.read(102, Width::k8, false) == 30);
  CHECK(bench.outputs.read(103, Width::k8, false) == 40);
}

TEST_CASE("addition takes two edges for `columns` elements, and one to write the last") {
  VectorBench bench(kUncut);
  REQUIRE(rc::check([&] { check_add(bench, false); }));
}

TEST_CASE("addition computes the same when every channel stalls at random") {
  VectorBench bench;
  bench.stall(bench.commands, 40);
  bench.stall(bench.completions, 40);
  REQUIRE(rc::check([&] { check_add(bench, true); }));
}

TEST_CASE("a look-up takes an edge for `columns` elements, and one to write the last") {
  VectorBench bench(kUncut);
  REQUIRE(rc::check([&] { check_lookup(bench, false); }));
}

TEST_CASE("a look-up finds the same when every channel stalls at random") {
  VectorBench bench;
  bench.stall(bench.commands, 40);
  bench.stall(bench.completions, 40);
  REQUIRE(rc::check([&] { check_lookup(bench, true); }));
}

TEST_CASE("in a deep pipeline vector commands write the same as many edges later") {
  PipelineConfig pipeline;
  pipeline.multiply = 3;
  pipeline.clamp = 4;
  VectorBench bench(pipeline);
  REQUIRE(pooling_is_right(bench, false));
  REQUIRE(rc::check([&] { check_add(bench, false); }));
  REQUIRE(rc::check([&] { check_lookup(bench, false); }));
}

TEST_CASE("vector commands beyond a buffer are refused, one edge after their pop") {
  VectorBench bench;
  const auto check_refused = [&](const auto& body) {
    bench.fill(1);
    const std::vector<int> before = bench.content(Width::k8, false);
    CHECK(bench.run(body).fault == ProgramFault::kBadField);
    CHECK(bench.duration() == 1);
    CHECK(bench.content(Width::k8, false) == before);
  };
  Pool pool;
  pool.input_rows = pool.input_columns = 3;
  pool.kernel_h = pool.kernel_w = 3;
  pool.output_base = kBufferBytes;
  check_refused(pool);
  pool.output_base = 0;
  pool.input_base = kBufferBytes - 8;
  check_refused(pool);
  pool.input_base = 0;
  pool.output_columns = 2;
  check_refused(pool);
  pool.output_columns = 1;
  pool.average = true;
  pool.parameter_base = 24;  // of 32 entries; 9 are needed
  check_refused(pool);
  pool.stride_h = 0;
  check_refused(pool);

  Add add;
  check_refused(add);  // no elements
  add.elements = 10;
  add.operand_base = kBufferBytes - 9;
  check_refused(add);
  add.operand_base = 0;
  add.input_shift = 48;
  check_refused(add);

  Lookup lookup;
  check_refused(lookup);  // no elements
  lookup.elements = 10;
  lookup.output_base = kBufferBytes - 9;
  check_refused(lookup);
}
