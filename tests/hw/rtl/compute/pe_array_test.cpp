#include "hw/rtl/compute/pe_array.h"

#include <memory>
#include <random>
#include <string>

#include "hw/isa/fixed_point.h"
#include "tests/hw/rtl/compute/array_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

AcceleratorConfig array_of(int rows, int columns) {
  AcceleratorConfig config;
  config.rows = rows;
  config.columns = columns;
  return config;
}

std::int64_t addend(TokenBits token, std::int16_t activation) {
  if ((token & kTokenValid) == 0) return 0;
  const std::int64_t shifted = std::int64_t{activation} * (std::int64_t{1} << (token & kTokenPosition));
  return (token & kTokenNegative) != 0 ? -shifted : shifted;
}

}  // namespace

TEST_CASE("sums equal plain sums in both widths, whatever stalls") {
  std::mt19937 random(11);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  struct Case {
    std::unique_ptr<ArrayBench> bench;
    std::size_t tiles = 0;
    std::vector<std::int64_t> sums;  ///< in the order in which they drain
    std::int64_t shift_adds = 0, null_slots = 0, slots = 0;
  };
  std::vector<Case> cases;
  for (int i = 0; i < 40; ++i) {
    const int most = i % 8 == 7 ? 256 : 64;
    AcceleratorConfig config = array_of(pick(1, most), pick(1, most));
    config.accumulator_bits_8 = pick(16, 32);
    config.accumulator_bits_16 = pick(24, 48);
    config.pipeline.pe = 1 + i % 2;
    Case c{std::make_unique<ArrayBench>(config, ("bench" + std::to_string(i)).c_str()), 0, {}, 0, 0, 0};
    ArrayBench& bench = *c.bench;
    c.tiles = static_cast<std::size_t>(pick(1, 6));
    for (std::size_t tile = 0; tile < c.tiles; ++tile) {
      const Width width = pick(0, 1) != 0 ? Width::k16 : Width::k8;
      const int rows = pick(1, config.rows), lanes = pick(1, config.lanes(width));
      std::vector<std::int64_t> sums(static_cast<std::size_t>(rows * lanes));
      const int steps = pick(1, 8);
      for (int step = 0; step < steps; ++step) {
        ActivationVector vector;
        for (int lane = 0; lane < lanes; ++lane) {
          vector.lane[lane] =
              static_cast<std::int16_t>(width == Width::k16 ? pick(-32768, 32767) : pick(-128, 255));
        }
        bench.vectors.queue.push_back(vector);
        const int count = pick(1, 4);
        for (int k = 0; k < count; ++k) {
          TokenSlot slot;
          slot.first_of_step = k == 0;
          slot.first_of_tile = step == 0 && k == 0;
          slot.last_of_tile = step + 1 == steps && k + 1 == count;
          slot.last_of_command = slot.last_of_tile && tile + 1 == c.tiles;
          slot.width = width;
          slot.clear = slot.drain = true;
          slot.rows = static_cast<std::uint16_t>(rows);
          slot.lanes = static_cast<std::uint16_t>(lanes);
          for (std::size_t row = 0; row < slot.rows; ++row) {
            const int sign = pick(0, 1) != 0 ? kTokenNegative : 0;
            slot.token[row] = static_cast<TokenBits>(pick(0, 3) == 0 ? 0 : kTokenValid | sign | pick(0, 15));
            (slot.token[row] != 0 ? c.shift_adds : c.null_slots) += lanes;
            for (std::size_t lane = 0; lane < slot.lanes; ++lane) {
              sums[row * slot.lanes + lane] += addend(slot.token[row], vector.lane[lane]);
            }
          }
          bench.slots.queue.push_back(slot);
          ++c.slots;
          if (k + 1 == count && pick(0, 3) == 0 && !slot.last_of_command) {
            TokenSlot bubble;
            bubble.bubble = true;
            bench.slots.queue.push_back(bubble);
          }
        }
      }
      for (const std::int64_t sum : sums) c.sums.push_back(wrap(sum, config.accumulator_bits(width)));
    }
    if (i % 4 != 0) bench.stall_all(static_cast<unsigned>(20 * (i % 4)));
    cases.push_back(std::move(c));
  }
  for (Case& c : cases) {
    REQUIRE(c.bench->run_until_drained(c.tiles));
    std::vector<std::int64_t> drained;
    for (const DrainBeat& beat : c.bench->beats.received) {
      CHECK(beat.lanes <= c.bench->config.columns);
      drained.insert(drained.end(), beat.value.begin(), beat.value.begin() + beat.lanes);
    }
    CHECK(drained == c.sums);
    CHECK(c.bench->run_until([&] { return c.bench->last_slots.received.size() == 1; }));
    CHECK(c.bench->cycles(Activity::kBusy) == c.slots);
    const EventCounts& events = c.bench->profile.layer(0).events;
    CHECK(events[Event::kShiftAdd] == c.shift_adds);
    CHECK(events[Event::kNullSlot] == c.null_slots);
    CHECK(events[Event::kDrain] == static_cast<std::int64_t>(c.sums.size()));
  }
}

TEST_CASE("accumulators wrap at their width") {
  AcceleratorConfig config = array_of(1, 1);
  config.accumulator_bits_8 = 16;
  ArrayBench bench(config);
  bench.feed_tile(1, 1, 2, kTokenValid | 7, 255, true);  // 2 * 255 * 128 = 65280
  REQUIRE(bench.run_until_drained(1));
  CHECK(bench.beats.received[0].value[0] == 65280 - 65536);
  CHECK(bench.array.accumulator(0, 0, Width::k8) == 65280 - 65536);
}

TEST_CASE("a chunk continues the sums of the one before") {
  ArrayBench bench(array_of(1, 1));
  bench.feed_tile(1, 1, 1, kTokenValid | 3, 5, true);
  bench.slots.queue.back().drain = false;
  bench.feed_tile(1, 1, 1, kTokenValid | kTokenNegative | 1, 7, true);
  bench.slots.queue.back().clear = false;
  REQUIRE(bench.run_until_drained(2));
  // The first chunk sends an empty beat.
  CHECK(bench.beats.received[0].lanes == 0);
  CHECK(bench.beats.received[1].value[0] == 5 * 8 - 7 * 2);
}

TEST_CASE("rows leave in order, at most `columns` lanes a beat") {
  ArrayBench bench(array_of(4, 3));
  bench.feed_tile(2, 5, 1, kTokenValid, 1, true);
  REQUIRE(bench.run_until_drained(1));
  const auto& beats = bench.beats.received;
  REQUIRE(beats.size() == 4);
  const int rows[] = {0, 0, 1, 1}, first_lanes[] = {0, 3, 0, 3}, lanes[] = {3, 2, 3, 2};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(beats[i].row == rows[i]);
    CHECK(beats[i].first_lane == first_lanes[i]);
    CHECK(beats[i].lanes == lanes[i]);
    CHECK(beats[i].last_of_tile == (i == 3));
    CHECK(bench.beats.received_at[i] == bench.tile_began_at[0] + 1 + static_cast<std::int64_t>(i) + 1);
  }
  CHECK(bench.tile_drained_at[0] == bench.tile_began_at[0] + 4);
}

TEST_CASE("a tile as long as the drain before it does not wait, a shorter one waits for the difference") {
  struct Case {
    int slots;
    std::int64_t waits;
    std::unique_ptr<ArrayBench> bench;
  };
  std::vector<Case> cases;
  for (const auto& [slots, waits] : {std::pair{8, 0}, std::pair{7, 1}, std::pair{1, 7}}) {
    cases.push_back(
        {slots, waits,
         std::make_unique<ArrayBench>(array_of(4, 2), ("bench" + std::to_string(slots)).c_str())});
    cases.back().bench->feed_tile(4, 4, 8, kTokenValid, 1, false);  // 8 beats
    cases.back().bench->feed_tile(4, 4, slots, kTokenValid, 1, true);
  }
  for (Case& c : cases) {
    REQUIRE(c.bench->run_until_drained(2));
    CHECK(c.bench->cycles(Activity::kDrainWait) == c.waits);
    CHECK(c.bench->tile_began_at[1] == c.bench->tile_began_at[0] + 8 + (c.slots == 1 ? c.waits : 0));
    // The last slot moves the sums at the edge at which the last beat leaves, the next beat follows without a
    // gap.
    CHECK(c.bench->tile_drained_at[1] == c.bench->tile_drained_at[0] + 8);
  }
}

TEST_CASE("a register between shifter and adder delays the drain by an edge and nothing else") {
  struct Case {
    int slots;
    std::unique_ptr<ArrayBench> one_stage, two_stages;
  };
  std::vector<Case> cases;
  for (const int slots : {1, 2, 7, 8, 9}) {
    Case c{slots, nullptr, nullptr};
    for (const int stages : {1, 2}) {
      AcceleratorConfig config = array_of(4, 2);
      config.pipeline.pe = stages;
      const std::string name = "bench" + std::to_string(slots) + "_" + std::to_string(stages);
      auto bench = std::make_unique<ArrayBench>(config, name.c_str());
      for (int tile = 0; tile < 4; ++tile) bench->feed_tile(4, 4, slots, kTokenValid | 1, 3, tile == 3);
      (stages == 1 ? c.one_stage : c.two_stages) = std::move(bench);
    }
    cases.push_back(std::move(c));
  }
  for (Case& c : cases) {
    CAPTURE(c.slots);
    REQUIRE(c.one_stage->run_until_drained(4));
    REQUIRE(c.two_stages->run_until_drained(4));
    CHECK(c.two_stages->tile_began_at == c.one_stage->tile_began_at);
    CHECK(c.two_stages->cycles(Activity::kDrainWait) == c.one_stage->cycles(Activity::kDrainWait));
    CHECK(c.two_stages->last_slots.received_at == c.one_stage->last_slots.received_at);
    REQUIRE(c.two_stages->beats.received.size() == c.one_stage->beats.received.size());
    for (std::size_t i = 0; i < c.one_stage->beats.received.size(); ++i) {
      CHECK(c.two_stages->beats.received_at[i] == c.one_stage->beats.received_at[i] + 1);
      for (std::size_t column = 0; column < 2; ++column)
        CHECK(c.two_stages->beats.received[i].value[column] == c.one_stage->beats.received[i].value[column]);
    }
  }
}

TEST_CASE("a bubble is a bank conflict and performs nothing") {
  ArrayBench bench(array_of(1, 1));
  bench.feed_tile(1, 1, 2, kTokenValid, 3, true);
  TokenSlot bubble;
  bubble.bubble = true;
  bench.slots.queue.insert(bench.slots.queue.begin() + 1, 3, bubble);
  REQUIRE(bench.run_until_drained(1));
  CHECK(bench.cycles(Activity::kBankConflict) == 3);
  CHECK(bench.cycles(Activity::kBusy) == 2);
  CHECK(bench.beats.received[0].value[0] == 6);
}

TEST_CASE("activations that come late stall the array in the middle of a command only") {
  ArrayBench bench(array_of(1, 1));
  bench.feed_tile(1, 1, 1, kTokenValid, 3, false);
  bench.feed_tile(1, 1, 1, kTokenValid, 4, true);
  bench.vectors.queue.clear();
  REQUIRE_FALSE(bench.run_until([&] { return !bench.beats.received.empty(); }, 20));
  CHECK(bench.cycles(Activity::kStalled) == 0);
  bench.vectors.queue.resize(1);
  REQUIRE_FALSE(bench.run_until([&] { return bench.beats.received.size() == 2; }, 20));
  CHECK(bench.cycles(Activity::kStalled) > 0);
  bench.vectors.queue.resize(1);
  CHECK(bench.run_until_drained(2));
}

TEST_CASE("the last slot of a command is reported at its edge") {
  ArrayBench bench(array_of(1, 1));
  bench.feed_tile(1, 1, 5, kTokenValid, 3, true);
  REQUIRE(bench.run_until([&] { return !bench.last_slots.received.empty(); }));
  CHECK(bench.last_slots.received_at[0] == bench.tile_began_at[0] + 4 + 1);
}

TEST_CASE("a flipped token changes the sums of its row and no other") {
  ArrayBench bench(array_of(4, 2));
  bench.array.flip_token(2, 3);
  for (int tile = 0; tile < 2; ++tile) bench.feed_tile(4, 3, 8, kTokenValid | 2, 5, tile == 1);
  REQUIRE(bench.run_until_drained(2));
  for (std::size_t i = 0; i < bench.beats.received.size(); ++i) {
    const DrainBeat& beat = bench.beats.received[i];
    const bool flipped = i < 8 && beat.row == 2;
    for (std::size_t lane = 0; lane < beat.lanes; ++lane)
      CHECK(beat.value[lane] == (flipped ? 6 : 8) * 5 * 4);
  }
}

TEST_CASE("the flipped token is the first that the row performs from that slot on") {
  ArrayBench bench(array_of(2, 1));
  bench.feed_tile(2, 1, 6, kTokenValid, 1, true);
  for (std::size_t i = 2; i < 5; ++i) bench.slots.queue[i].token[1] = 0;
  bench.array.flip_token(1, 2);
  REQUIRE(bench.run_until_drained(1));
  CHECK(bench.beats.received[0].value[0] == 6);
  CHECK(bench.beats.received[1].value[0] == 1);  // 2 - 1
}

TEST_CASE("what registers show replays every accumulator, those without work included") {
  ArrayBench bench(array_of(3, 2));
  std::mt19937 random(5);
  const std::pair<int, int> used[] = {{3, 4}, {2, 3}, {1, 4}};  // rows, lanes
  for (int tile = 0; tile < 3; ++tile) {
    bench.feed_tile(used[tile].first, used[tile].second, 10, 0, static_cast<std::int16_t>(tile * 9 - 4),
                    tile == 2);
    for (std::size_t i = bench.slots.queue.size() - 10; i < bench.slots.queue.size(); ++i) {
      for (std::size_t row = 0; row < 3; ++row)
        bench.slots.queue[i].token[row] = static_cast<TokenBits>(random());
    }
  }
  bench.stall_all(30);
  std::int64_t sum[3][4] = {};
  std::size_t began = 0;
  for (int cycle = 0; cycle < 200; ++cycle) {
    sc_core::sc_start(clock_period());
    if (bench.tile_began_at.size() > began) {
      began = bench.tile_began_at.size();
      for (int row = 0; row < used[began - 1].first; ++row)
        std::fill(std::begin(sum[row]), std::end(sum[row]), 0);
    }
    for (int row = 0; row < 3; ++row) {
      for (int lane = 0; lane < 4; ++lane) {
        if (began > 0 && row < used[began - 1].first && lane < used[began - 1].second) {
          sum[row][lane] =
              wrap(sum[row][lane] + addend(bench.array.token(row), bench.array.activation(lane)), 32);
        }
        CHECK(sum[row][lane] == bench.array.accumulator(row, lane, Width::k8));
      }
    }
  }
  CHECK(began == 3);
}
