// What the post-processor makes of drained accumulators, and when.
#include "hw/rtl/post_processor.h"

#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "tests/hw/rtl/engine_bench.h"
#include "tests/support/reference_arithmetic.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

AcceleratorConfig small_config() {
  AcceleratorConfig config;
  config.rows = 8;
  config.columns = 8;
  config.output_buffer_bytes = 8192;
  config.parameter_buffer_bytes = 1024;
  return config;
}

struct PostBench : Bench {
  PostBench() {
    attach(target_source, beat_source, sink, unit);
    unit.targets(targets);
    unit.beats(beats);
    unit.parameters(parameters);
    unit.outputs(outputs);
    unit.completions(completions);
  }

  /// Queues a tile whose accumulator of (row, lane) is acc[row][lane], as the PE array drains it.
  void queue_tile(const DrainTarget& target, const std::vector<std::vector<std::int64_t>>& acc) {
    target_source.queue.push_back(target);
    if (target.rows == 0) {
      DrainBeat beat;
      beat.last_of_tile = true;
      beat_source.queue.push_back(beat);
    }
    for (unsigned row = 0; row < target.rows; ++row) {
      for (unsigned first = 0; first < target.lanes; first += 8) {
        DrainBeat beat;
        beat.row = static_cast<std::uint8_t>(row);
        beat.first_lane = static_cast<std::uint8_t>(first);
        beat.lanes = static_cast<std::uint8_t>(std::min(8u, target.lanes - first));
        beat.last_of_tile = row + 1 == target.rows && first + 8 >= target.lanes;
        for (unsigned i = 0; i < beat.lanes; ++i) beat.value[i] = acc[row][first + i];
        beat_source.queue.push_back(beat);
      }
    }
  }
  bool wait_for(std::size_t completions_in_all) {
    return run_until([&] { return sink.received.size() == completions_in_all; });
  }
  void stall_all(unsigned percent) {
    stall(targets, percent);
    stall(beats, percent);
    stall(completions, percent);
  }

  AcceleratorConfig config = small_config();
  Profile profile;
  ParameterBuffer parameters{config};
  OutputBuffer outputs{config};
  Channel<DrainTarget> targets{"targets"};
  Channel<DrainBeat> beats{"beats"};
  Channel<Completion> completions{"completions"};
  Source<DrainTarget> target_source{"target_source", targets};
  Source<DrainBeat> beat_source{"beat_source", beats};
  Sink<Completion> sink{"sink", completions};
  PostProcessor unit{"post_processor", config, profile};
};

int pick(int low, int high) {
  return *rc::gen::inRange(low, high + 1);
}

// A block of `tiles` tiles over rows x columns pixels, pooled or not, against the formula of docs/numbers.md.
void check_random_command(PostBench& bench) {
  DrainTarget common;
  Compute& command = common.command;
  command.wide = *rc::gen::arbitrary<bool>();
  command.output_signed = command.wide || *rc::gen::arbitrary<bool>();
  command.clip_low = command.output_signed ? -100 : 0;
  command.clip_high = static_cast<std::int16_t>(command.wide ? 30000 : command.output_signed ? 127 : 255);
  const bool pooled = *rc::gen::arbitrary<bool>();
  command.operand = !pooled && *rc::gen::arbitrary<bool>();
  command.operand_signed = *rc::gen::arbitrary<bool>();
  command.operand_multiplier = static_cast<std::uint16_t>(pick(0, 65535));
  command.operand_shift = static_cast<std::uint8_t>(pick(0, 20));
  command.pool_h = static_cast<std::uint8_t>(pooled ? pick(1, 3) : 1);
  command.pool_w = static_cast<std::uint8_t>(pooled ? pick(2, 3) : 1);
  const int rows = pick(1, 6), columns = pick(command.pool_w, 9), used_rows = pick(1, 8);
  const int pooled_columns = columns / command.pool_w, pooled_rows = rows / command.pool_h;
  const int pixels = rows * columns, plane = std::max(1, pooled_rows * pooled_columns);
  const int lanes = command.wide ? 8 : 16;
  common.layer = 1;
  common.rows = static_cast<std::uint8_t>(used_rows);
  common.parameter = static_cast<std::uint16_t>(pick(0, 50));
  common.row_pitch = static_cast<std::uint32_t>(plane);
  const int base = pick(0, 40);

  for (int r = 0; r < used_rows; ++r) {
    bench.parameters.write(
        static_cast<std::uint32_t>(common.parameter + r),
        {*rc::gen::inRange(-(std::int64_t{1} << 46), std::int64_t{1} << 46),
         static_cast<std::uint16_t>(pick(0, 65535)), static_cast<std::uint8_t>(pick(0, 47))});
  }
  const std::vector<std::uint8_t> before = noise(8192, static_cast<std::uint32_t>(pick(1, 1000)));
  for (std::uint32_t i = 0; i < before.size(); ++i) bench.outputs.write(i, false, before[i]);
  std::map<std::uint32_t, int> expected;
  std::int64_t written = 0, compared = 0, beats = 0;

  const int bits = bench.config.accumulator_bits(command.wide);
  for (int first = 0; first < pixels; first += lanes) {
    DrainTarget target = common;
    target.lanes = static_cast<std::uint8_t>(std::min(lanes, pixels - first));
    target.last_of_command = first + lanes >= pixels;
    std::vector<std::vector<std::int64_t>> acc(used_rows, std::vector<std::int64_t>(target.lanes));
    beats += used_rows * ((target.lanes + 7) / 8);
    for (int lane = 0; lane < target.lanes; ++lane) {
      const int y = (first + lane) / columns, x = (first + lane) % columns;
      const int py = y / command.pool_h, px = x / command.pool_w;
      const bool dropped = py >= pooled_rows || px >= pooled_columns;
      target.address[lane] =
          dropped ? DrainTarget::kDropped : static_cast<std::uint32_t>(base + py * pooled_columns + px);
      target.first_of_pool[lane] = y % command.pool_h == 0 && x % command.pool_w == 0;
    }
    for (int r = 0; r < used_rows; ++r) {
      for (int lane = 0; lane < target.lanes; ++lane) {
        const std::int64_t limit = std::int64_t{1} << (bits - 1);
        acc[r][lane] =
            *rc::gen::oneOf(rc::gen::inRange(-limit, limit), rc::gen::inRange<std::int64_t>(-30000, 30000));
        if (target.address[lane] == DrainTarget::kDropped) continue;
        const std::uint32_t address = target.address[lane] + r * common.row_pitch;
        const ParameterEntry& p = bench.parameters.read(static_cast<std::uint32_t>(common.parameter + r));
        std::int64_t value =
            reference_rescaled(reference_wrapped(Int128{acc[r][lane]} + p.bias, bits), p.multiplier, p.shift);
        if (command.operand) {
          value += reference_rescaled(bench.outputs.read(address, command.wide, command.operand_signed),
                                      command.operand_multiplier, command.operand_shift);
        }
        int result = static_cast<int>(std::clamp<std::int64_t>(value, command.clip_low, command.clip_high));
        const auto seen = expected.find(address);
        if (seen != expected.end()) {
          result = std::max(result, seen->second);
          ++compared;
        }
        expected[address] = result;
        ++written;
      }
    }
    bench.queue_tile(target, acc);
  }

  bench.profile.clear();
  const std::size_t already = bench.sink.received.size();
  RC_ASSERT(bench.wait_for(already + 1));
  const Completion& completion = bench.sink.received.back();
  RC_ASSERT(completion.engine == Engine::kCompute);
  RC_ASSERT(completion.layer == 1);
  const std::uint32_t elements = command.wide ? 4096 : 8192;
  for (std::uint32_t i = 0; i < elements; ++i) {
    const auto place = expected.find(i);
    const int low = before[command.wide ? 2 * i : i];
    const int untouched = command.wide            ? static_cast<std::int16_t>(low | before[2 * i + 1] << 8)
                          : command.output_signed ? static_cast<std::int8_t>(low)
                                                  : low;
    RC_ASSERT(bench.outputs.read(i, command.wide, command.output_signed) ==
              (place == expected.end() ? untouched : place->second));
  }
  const EventCounts& events = bench.profile.layer(1).events;
  const std::int64_t operands = command.operand ? written : 0;
  RC_ASSERT(events[Event::kParameterRead] == beats);
  RC_ASSERT(events[Event::kRequantize] == std::int64_t{used_rows} * pixels + operands);
  RC_ASSERT(events[Event::kOutputBufferWrite] == written);
  RC_ASSERT(events[Event::kOutputBufferRead] == compared + operands);
  RC_ASSERT(events[Event::kPoolElement] == (pooled ? written : 0));
}

DrainTarget plain_target(int rows, int lanes, bool last_of_command) {
  DrainTarget target;
  target.rows = static_cast<std::uint8_t>(rows);
  target.lanes = static_cast<std::uint8_t>(lanes);
  target.last_of_command = last_of_command;
  for (int i = 0; i < lanes; ++i) target.address[i] = static_cast<std::uint32_t>(i);
  target.row_pitch = 16;
  return target;
}

using Accumulators = std::vector<std::vector<std::int64_t>>;

}  // namespace

TEST_CASE("results equal 128-bit arithmetic: bias, rescaling, operands, clipping and fused pooling") {
  PostBench bench;
  REQUIRE(rc::check([&] { check_random_command(bench); }));
}

TEST_CASE("results are the same when every channel stalls at random") {
  PostBench bench;
  bench.stall_all(40);
  REQUIRE(rc::check([&] { check_random_command(bench); }));
}

TEST_CASE("a beat is written two edges after its pop, and the last one completes the command at that edge") {
  PostBench bench;
  bench.parameters.write(0, {5, 1, 0});
  bench.queue_tile(plain_target(1, 1, true), Accumulators{{37}});
  // Pushed at edge 0, popped at 1: written at 3.
  REQUIRE(bench.run_until([] { return edge() == 3; }));
  CHECK(bench.outputs.read(0, false, true) == 0);
  bench.run_until([] { return edge() == 4; });
  CHECK(bench.outputs.read(0, false, true) == 42);
  REQUIRE(bench.wait_for(1));
  CHECK(bench.sink.received_at.at(0) - 1 == bench.beat_source.pushed_at.at(0) + 1 + 2);
}

TEST_CASE("one beat an edge, also from tile to tile") {
  PostBench bench;
  const Accumulators acc(4, std::vector<std::int64_t>(16, 1));
  bench.queue_tile(plain_target(4, 16, false), acc);
  bench.queue_tile(plain_target(1, 1, false), acc);
  bench.queue_tile(plain_target(1, 1, false), acc);
  bench.queue_tile(plain_target(1, 1, false), acc);
  bench.queue_tile(plain_target(4, 16, true), acc);
  REQUIRE(bench.wait_for(1));
  const std::vector<std::int64_t>& pushed = bench.beat_source.pushed_at;
  REQUIRE(pushed.size() == 19);
  CHECK(pushed.back() == pushed.front() + 18);
  CHECK(bench.sink.received_at.at(0) - 1 == pushed.back() + 1 + 2);
}

TEST_CASE("a command that does not drain completes with its empty beat, in its turn") {
  PostBench bench;
  const Accumulators acc(2, std::vector<std::int64_t>(4, 1));
  DrainTarget draining = plain_target(2, 4, true);
  draining.layer = 1;
  DrainTarget empty = plain_target(0, 0, true);
  empty.layer = 2;
  bench.queue_tile(draining, acc);
  bench.queue_tile(empty, {});
  bench.queue_tile(draining, acc);
  REQUIRE(bench.wait_for(3));
  CHECK(bench.sink.received.at(0).layer == 1);
  CHECK(bench.sink.received.at(1).layer == 2);
  CHECK(bench.sink.received.at(2).layer == 1);
  CHECK(bench.sink.received_at.at(1) == bench.sink.received_at.at(0) + 1);
  CHECK(bench.sink.received_at.at(2) == bench.sink.received_at.at(1) + 2);
}
