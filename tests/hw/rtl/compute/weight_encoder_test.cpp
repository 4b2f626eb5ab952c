#include "hw/rtl/compute/weight_encoder.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/hw/rtl/compute/tile_bench.h"
#include "tests/hw/rtl/engine_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

AcceleratorConfig rows_of(int rows, Synchronization synchronization = Synchronization::kBalanced) {
  AcceleratorConfig config;
  config.rows = rows;
  config.columns = 4;
  config.synchronization = synchronization;
  return config;
}

/// An encoder alone: tiles in, fetches and slots out.
class EncoderBench : public sc_core::sc_module, public Bench {
 public:
  explicit EncoderBench(const AcceleratorConfig& c,
                        const sc_core::sc_module_name& name = sc_core::sc_module_name("bench"))
      : sc_module(name), config(c) {
    attach(encoder, tiles, fetches, slots);
    encoder.weights(weights);
    encoder.tiles(tile_channel);
    encoder.fetches(fetch_channel);
    encoder.slots(slot_channel);
  }

  const AcceleratorConfig config;
  Profile profile;
  WeightBuffer weights{config};
  Channel<Tile> tile_channel{"tiles"};
  Channel<StepFetch> fetch_channel{"fetches"};
  Channel<TokenSlot> slot_channel{"slots"};
  WeightEncoder encoder{"weight_encoder", config, profile};
  Source<Tile> tiles{"tile_source", tile_channel};
  Sink<StepFetch> fetches{"fetch_sink", fetch_channel};
  Sink<TokenSlot> slots{"slot_sink", slot_channel};

  /// One row's stream from ring address `base` on; the tile's limit is `limit`.
  void store(int row, const std::vector<std::int16_t>& row_weights, const Tile& tile, int limit) {
    std::vector<std::uint8_t> bytes;
    RowStream(tile.weight_bits, tile.nnzb, config)
        .append(bytes, row_weights.data(), row_weights.size(), limit);
    for (std::uint32_t at = 0; at < bytes.size(); at += 8) {
      std::uint64_t word = 0;
      for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{bytes[at + i]} << 8 * i;
      weights.write_word(row, tile.weight_address + at, word);
    }
  }
  void store(int row, const std::vector<std::int16_t>& row_weights, const Tile& tile) {
    store(row, row_weights, tile, tile.nnzb);
  }
  bool run() {
    return run_until([&] { return !slots.received.empty() && slots.received.back().last_of_command; });
  }
  /// Value of a row's tokens from item `first` to the end of that step.
  std::int32_t weight(std::size_t first, std::size_t row) const {
    std::int32_t total = 0;
    for (std::size_t i = first; i < slots.received.size(); ++i) {
      if (i > first && slots.received[i].first_of_step) break;
      const TokenBits token = slots.received[i].token[row];
      if ((token & kTokenValid) == 0) continue;
      total += ((token & kTokenNegative) != 0 ? -1 : 1) * (1 << (token & kTokenPosition));
    }
    return total;
  }
};

}  // namespace

TEST_CASE("encoder takes the slots of a tile_max tile from the stream of row 0") {
  EncoderBench bench(rows_of(2, Synchronization::kTileMax));
  Tile tile = single_tile(2, 1, 2);
  tile.nnzb = 5;
  bench.store(0, {0b1010010, 0}, tile, 2);
  bench.store(1, {-0b100, 0b11}, tile, 4);
  bench.tiles.queue.push_back(tile);
  REQUIRE(bench.run());
  CHECK(bench.slots.received.size() == 4);
  CHECK(bench.weight(0, 0) == 0b1010000);  // the third token is beyond the limit
  CHECK(bench.weight(0, 1) == -0b100);
  CHECK(bench.weight(2, 0) == 0);
  CHECK(bench.weight(2, 1) == 0b11);
}

TEST_CASE("encoder pads short weights with null slots") {
  EncoderBench bench(rows_of(2));
  Tile tile = single_tile(2, 1, 1);
  tile.nnzb = 3;
  bench.store(0, {0b1010010}, tile);
  bench.store(1, {-0b100}, tile);
  bench.tiles.queue.push_back(tile);
  REQUIRE(bench.run());
  const auto& slots = bench.slots.received;
  REQUIRE(slots.size() == 3);
  CHECK(slots[0].token[0] == (kTokenValid | 6));
  CHECK(slots[1].token[0] == (kTokenValid | 4));
  CHECK(slots[2].token[0] == (kTokenValid | kTokenLast | 1));
  CHECK(slots[0].token[1] == (kTokenValid | kTokenNegative | kTokenLast | 2));
  CHECK(slots[1].token[1] == 0);
  CHECK(slots[2].token[1] == 0);
  CHECK(slots[0].first_of_tile);
  CHECK(slots[2].last_of_tile);
}

TEST_CASE("encoder gives a zero weight one null slot when no row needs more") {
  EncoderBench bench(rows_of(2, Synchronization::kGroupMax));
  const Tile tile = single_tile(2, 1, 2);
  bench.store(0, {0, 3}, tile);
  bench.store(1, {0, 0}, tile);
  bench.tiles.queue.push_back(tile);
  REQUIRE(bench.run());
  const auto& slots = bench.slots.received;
  REQUIRE(slots.size() == 3);
  CHECK(slots[0].token[0] == 0);
  CHECK(slots[0].token[1] == 0);
  CHECK(slots[1].first_of_step);
  CHECK(slots[1].token[0] == (kTokenValid | 1));
  CHECK(slots[2].token[0] == (kTokenValid | kTokenLast | 0));
}

TEST_CASE("encoder spends nnzb slots on a zero weight when balanced") {
  EncoderBench bench(rows_of(1));
  Tile tile = single_tile(1, 1, 2);
  tile.nnzb = 4;
  bench.store(0, {0, 0}, tile);
  bench.tiles.queue.push_back(tile);
  REQUIRE(bench.run());
  CHECK(bench.slots.received.size() == 8);
}

TEST_CASE("encoder lets only used rows lengthen a step") {
  EncoderBench bench(rows_of(3, Synchronization::kGroupMax));
  const Tile tile = single_tile(2, 1, 1);
  bench.store(0, {1}, tile);
  bench.store(1, {2}, tile);
  bench.store(2, {127}, tile);
  bench.tiles.queue.push_back(tile);
  REQUIRE(bench.run());
  REQUIRE(bench.slots.received.size() == 1);
  CHECK(bench.slots.received[0].token[2] == 0);
}

TEST_CASE("encoder emits the first slot `conflicts` edges after it took the tile") {
  EncoderBench bench(rows_of(1));
  bench.tiles.queue.push_back(single_tile(1, 1, 1, 5));
  REQUIRE(bench.run());
  // Pushed at 0, taken at 1, fetch seen one edge after it left.
  CHECK(bench.fetches.received_at.at(0) == 1 + 1);
  CHECK(bench.slots.received_at.at(0) == 1 + 5 + 1);
}

TEST_CASE("encoder steps last as long as their slots or the next step's reads") {
  std::vector<std::unique_ptr<EncoderBench>> benches;
  const std::vector<int> conflicts{1, 2, 3, 4, 7};
  for (const int c : conflicts) {
    benches.push_back(std::make_unique<EncoderBench>(rows_of(1), ("bench" + std::to_string(c)).c_str()));
    Tile tile = single_tile(1, 1, 4, c);
    tile.nnzb = 3;
    benches.back()->tiles.queue.push_back(tile);
  }
  for (std::size_t i = 0; i < benches.size(); ++i) {
    REQUIRE(benches[i]->run());
    const auto& items = benches[i]->slots.received;
    const auto step = static_cast<std::size_t>(std::max(3, conflicts[i]));
    REQUIRE(items.size() == 3 * step + 3);
    for (std::size_t at = 0; at < items.size(); ++at) {
      CHECK(items[at].first_of_step == (at % step == 0));
      CHECK(items[at].bubble == (at % step >= 3));
      CHECK(benches[i]->slots.received_at[at] ==
            benches[i]->slots.received_at[0] + static_cast<std::int64_t>(at));
    }
    const auto& fetched = benches[i]->fetches.received_at;
    REQUIRE(fetched.size() == 4);
    for (std::size_t k = 1; k < 4; ++k) CHECK(fetched[k] == benches[i]->slots.received_at[(k - 1) * step]);
  }
}

TEST_CASE("encoder paces the last step of a tile by the reads of the next tile") {
  EncoderBench bench(rows_of(1));
  Tile first = single_tile(1, 1, 2, 2);
  first.nnzb = 1;
  first.last_of_command = false;
  Tile second = first;
  second.conflicts = 6;
  second.last_of_command = true;
  bench.tiles.queue = {first, second};
  REQUIRE(bench.run());
  std::vector<std::int64_t> starts;
  for (std::size_t i = 0; i < bench.slots.received.size(); ++i) {
    if (bench.slots.received[i].first_of_step) starts.push_back(bench.slots.received_at[i]);
  }
  REQUIRE(starts.size() == 4);
  CHECK(starts[1] - starts[0] == 2);
  CHECK(starts[2] - starts[1] == 6);
  CHECK(starts[3] - starts[2] == 6);
  CHECK(bench.slots.received.back().first_of_step);
  CHECK(bench.fetches.received[2].first_of_tile);
  CHECK_FALSE(bench.fetches.received[3].first_of_tile);
}

TEST_CASE("encoder keeps up with tiles of one slot") {
  EncoderBench bench(rows_of(1));
  Tile tile = single_tile(1, 1, 1);
  tile.nnzb = 1;
  for (int i = 0; i < 20; ++i) {
    tile.index = static_cast<std::uint32_t>(i);
    tile.last_of_command = i == 19;
    bench.tiles.queue.push_back(tile);
  }
  REQUIRE(bench.run());
  REQUIRE(bench.slots.received.size() == 20);
  CHECK(bench.slots.received_at.back() - bench.slots.received_at.front() == 19);
  for (std::size_t i = 0; i < 20; ++i) CHECK(bench.slots.received[i].tile == i);
}

TEST_CASE("encoder emits every weight in every format, whatever stalls") {
  std::mt19937 random(7);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  struct Case {
    std::unique_ptr<EncoderBench> bench;
    Tile tile;
    std::vector<std::vector<std::int16_t>> weights;  ///< [row][step]
    int limit = 1;
  };
  std::vector<Case> cases;
  const std::vector<SynchronizationRule>& rules = synchronization_rules();
  for (std::size_t i = 0; i < 60; ++i) {
    AcceleratorConfig config = rows_of(pick(1, 64), rules[i % rules.size()].synchronization);
    config.token_form = pick(0, 1) != 0 ? TokenForm::kSignedDigit : TokenForm::kBinary;
    config.weight_storage = pick(0, 1) != 0 ? WeightStorage::kTokens : WeightStorage::kDense;
    config.weight_bank_bytes = 1024;
    Case c{std::make_unique<EncoderBench>(config, ("bench" + std::to_string(i)).c_str()), {}, {}};
    c.tile = single_tile(pick(1, config.rows), 1, pick(1, 60), pick(1, 5));
    c.tile.weight_bits = static_cast<std::uint8_t>(pick(2, 16));
    c.tile.nnzb = static_cast<std::uint8_t>(pick(1, std::min(c.tile.weight_bits - 1, 14)));
    c.tile.weight_address = static_cast<std::uint32_t>(8 * pick(0, 127));  // streams wrap around the ring
    const int limit = (1 << (c.tile.weight_bits - 1)) - 1;
    for (int row = 0; row < c.tile.rows; ++row) {
      std::vector<std::int16_t> weights;
      while (weights.size() < c.tile.steps) {
        const int weight = pick(0, 3) == 0 ? 0 : pick(-limit, limit);
        if (tokens(token_mask(weight, config.token_form)).count > c.tile.nnzb) continue;
        weights.push_back(static_cast<std::int16_t>(weight));
      }
      c.weights.push_back(std::move(weights));
    }
    const RowStream stream(c.tile.weight_bits, c.tile.nnzb, config);
    for (const auto& weights : c.weights)
      c.limit = std::max(c.limit, stream.limit_for(weights.data(), weights.size()));
    for (int row = 0; row < c.tile.rows; ++row) c.bench->store(row, c.weights[row], c.tile, c.limit);
    if (i % 2 == 1) {
      c.bench->stall(c.bench->fetch_channel, 40);
      c.bench->stall(c.bench->slot_channel, 40);
    }
    c.bench->tiles.queue.push_back(c.tile);
    cases.push_back(std::move(c));
  }
  for (Case& c : cases) {
    REQUIRE(c.bench->run());
    const auto& items = c.bench->slots.received;
    std::size_t step = 0;
    for (std::size_t at = 0; at < items.size(); ++at) {
      if (!items[at].first_of_step) continue;
      std::size_t slots = 0;
      while (at + slots < items.size() && !items[at + slots].bubble &&
             (slots == 0 || !items[at + slots].first_of_step)) {
        ++slots;
      }
      int most = 1;
      for (std::size_t row = 0; row < c.tile.rows; ++row) {
        const std::int16_t weight = c.weights[row][step];
        CHECK(c.bench->weight(at, row) == weight);
        most = std::max(most, tokens(token_mask(weight, c.bench->config.token_form)).count);
      }
      const bool group_max = c.bench->config.synchronization == Synchronization::kGroupMax;
      CHECK(static_cast<int>(slots) == (group_max ? most : c.limit));
      ++step;
    }
    CHECK(step == c.tile.steps);
    CHECK(c.bench->fetches.received.size() == c.tile.steps);
    const EventCounts& events = c.bench->profile.layer(0).events;
    CHECK(events[Event::kWeightEncode] == std::int64_t{c.tile.rows} * c.tile.steps);
  }
}
