#include "hw/rtl/compute/tile_sequencer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "hw/isa/command/command_check.h"
#include "tests/hw/rtl/compute/convolution_case.h"
#include "tests/hw/rtl/engine_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

/// A sequencer alone: both consumers of tiles are sinks.
class SequencerBench : public sc_core::sc_module, public Bench {
 public:
  explicit SequencerBench(const AcceleratorConfig& c,
                          const sc_core::sc_module_name& name = sc_core::sc_module_name("bench"))
      : sc_module(name), config(c) {
    attach(sequencer, commands, tiles, buffer_tiles, targets, last_slots, acceptances);
    sequencer.commands(command_channel);
    sequencer.encoder(tile_channel);
    sequencer.activations(buffer_channel);
    sequencer.targets(target_channel);
    sequencer.last_slots(last_slot_channel);
    sequencer.acceptances(acceptance_channel);
  }

  const AcceleratorConfig config;
  Channel<IssuedCommand> command_channel{"commands"};
  Channel<Tile> tile_channel{"tiles"}, buffer_channel{"buffer_tiles"};
  Channel<DrainTarget> target_channel{"targets"};
  Channel<LastSlot> last_slot_channel{"last_slots"};
  Channel<Completion> acceptance_channel{"acceptances"};
  TileSequencer sequencer{"tile_sequencer", config};
  Source<IssuedCommand> commands{"command_source", command_channel};
  Sink<Tile> tiles{"tile_sink", tile_channel}, buffer_tiles{"buffer_tile_sink", buffer_channel};
  Sink<DrainTarget> targets{"target_sink", target_channel};
  Source<LastSlot> last_slots{"last_slot_source", last_slot_channel};
  Sink<Completion> acceptances{"acceptance_sink", acceptance_channel};

  void issue(const Compute& compute, int layer = 0) {
    IssuedCommand command;
    command.header.layer = static_cast<std::uint16_t>(layer);
    command.body = compute;
    commands.queue.push_back(command);
  }
  bool run_tiles(std::size_t last_tiles = 1) {
    return run_until([&] {
      std::size_t seen = 0;
      for (const Tile& tile : tiles.received) seen += tile.last_of_command;
      return seen == last_tiles;
    });
  }
};

AcceleratorConfig mapped_array(int rows, int columns, ColumnMapping mapping = ColumnMapping::kFlattened) {
  AcceleratorConfig config;
  config.rows = rows;
  config.columns = columns;
  config.column_mapping = mapping;
  return config;
}

}  // namespace

TEST_CASE("tiles take consecutive pixels across rows and images") {
  SequencerBench bench(mapped_array(4, 4));
  Compute c = dense_command(2, 4, 3, 3, 1, 2);  // 18 pixels on 8 lanes
  pack_planes(c);
  bench.issue(c);
  REQUIRE(bench.run_tiles());
  const auto& tiles = bench.tiles.received;
  REQUIRE(tiles.size() == 3);
  CHECK(tiles[0].lanes == 8);
  CHECK(tiles[1].lanes == 8);
  CHECK(tiles[2].lanes == 2);
  CHECK(tiles[0].base[7] == 7);
  CHECK(tiles[1].base[0] == 8);
  CHECK(tiles[1].base[1] == c.activation_image_stride);
}

TEST_CASE("row mapping never crosses an image row") {
  SequencerBench bench(mapped_array(4, 2, ColumnMapping::kRow));
  Compute c = dense_command(1, 4, 2, 6, 1);
  pack_planes(c);
  bench.issue(c);
  REQUIRE(bench.run_tiles());
  std::vector<int> lanes;
  for (const Tile& tile : bench.tiles.received) lanes.push_back(tile.lanes);
  CHECK(lanes == std::vector<int>{4, 2, 4, 2});
}

TEST_CASE("16-bit lanes are half as many") {
  SequencerBench bench(mapped_array(4, 4));
  Compute c = dense_command(1, 4, 1, 8, 1);
  c.width = Width::k16;
  pack_planes(c);
  bench.issue(c);
  REQUIRE(bench.run_tiles());
  CHECK(bench.tiles.received.size() == 2);
}

TEST_CASE("tiles walk pixels, then row groups, then conv groups") {
  SequencerBench bench(mapped_array(4, 2));
  Compute c = dense_command(3, 6, 1, 6, 1);
  c.conv_groups = 2;
  c.weight_base = 96;
  pack_planes(c);
  bench.issue(c);
  REQUIRE(bench.run_tiles());
  const auto& tiles = bench.tiles.received;
  REQUIRE(tiles.size() == 8);
  std::vector<int> rows;
  std::vector<std::uint32_t> weights, offsets;
  for (const Tile& tile : tiles) {
    rows.push_back(tile.rows);
    weights.push_back(tile.weight_address);
    offsets.push_back(tile.channel_offset);
  }
  CHECK(rows == std::vector<int>{4, 4, 2, 2, 4, 4, 2, 2});
  CHECK(weights == std::vector<std::uint32_t>{96, 96, 104, 104, 112, 112, 120, 120});
  CHECK(offsets == std::vector<std::uint32_t>{0, 0, 0, 0, 18, 18, 18, 18});
  CHECK(bench.targets.received[6].parameter == 10);
  CHECK(bench.buffer_tiles.received.size() == 8);
}

TEST_CASE("weight streams wrap around the ring") {
  AcceleratorConfig config = mapped_array(1, 2);
  config.weight_bank_bytes = 64;
  SequencerBench bench(config);
  Compute c = dense_command(8, 3, 1, 1, 1);
  c.weight_base = 48;
  pack_planes(c);
  bench.issue(c);
  REQUIRE(bench.run_tiles());
  CHECK(bench.tiles.received[0].weight_address == 48);
  CHECK(bench.tiles.received[1].weight_address == 56);
  CHECK(bench.tiles.received[2].weight_address == 0);
}

TEST_CASE("conflicts are the readers of the busiest bank, turns their ranks") {
  std::mt19937 random(3);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  std::vector<std::unique_ptr<SequencerBench>> benches;
  for (int i = 0; i < 60; ++i) {
    benches.push_back(std::make_unique<SequencerBench>(mapped_array(2, pick(1, 64)),
                                                       ("bench" + std::to_string(i)).c_str()));
    Compute c = dense_command(1, 1, pick(1, 9), pick(1, 20), pick(1, 4), pick(1, 4));
    c.stride_h = static_cast<std::uint8_t>(pick(1, 3));
    c.stride_w = static_cast<std::uint8_t>(pick(1, 3));
    c.width = pick(0, 1) != 0 ? Width::k16 : Width::k8;
    pack_planes(c);
    c.activation_image_stride += static_cast<std::uint32_t>(pick(0, 5));
    benches.back()->issue(c);
  }
  for (auto& bench : benches) {
    REQUIRE(bench->run_tiles());
    for (const Tile& tile : bench->tiles.received) {
      const auto banks = static_cast<std::uint32_t>(bench->config.activation_banks(tile.width));
      std::size_t busiest = 0;
      for (std::uint32_t bank = 0; bank < banks; ++bank) {
        std::vector<std::size_t> readers;
        for (std::size_t lane = 0; lane < tile.lanes; ++lane) {
          if (tile.base[lane] % banks == bank) readers.push_back(lane);
        }
        for (std::size_t rank = 0; rank < readers.size(); ++rank) CHECK(tile.turn[readers[rank]] == rank);
        busiest = std::max(busiest, readers.size());
      }
      CHECK(tile.conflicts == busiest);
    }
  }
}

TEST_CASE("results go to consecutive planes of the output buffer") {
  SequencerBench bench(mapped_array(4, 4));
  Compute c = dense_command(1, 6, 2, 5, 1, 2);
  c.output_base = 100;
  pack_planes(c);
  c.output_image_stride = 1000;
  bench.issue(c);
  REQUIRE(bench.run_until([&] { return bench.targets.received.size() == 6; }));
  const auto& targets = bench.targets.received;
  CHECK(targets[0].address[0] == 100);
  CHECK(targets[1].address[0] == 108);
  CHECK(targets[1].address[2] == 1100);
  CHECK(targets[3].address[0] == 100 + 4 * 10);
  CHECK(targets[3].rows == 2);
  CHECK(targets[0].row_pitch == 10);
  CHECK(targets.back().last_of_command);
}

TEST_CASE("fused pooling maps windows to one element and drops what the floor leaves out") {
  SequencerBench bench(mapped_array(4, 32));
  Compute c = dense_command(1, 3, 5, 7, 1);
  c.pool_h = 2;
  c.pool_w = 3;
  pack_planes(c);
  bench.issue(c);
  REQUIRE(bench.run_until([&] { return bench.targets.received.size() == 1; }));
  const DrainTarget& target = bench.targets.received[0];
  REQUIRE(target.lanes == 35);
  std::map<std::uint32_t, int> taken, firsts;
  for (std::size_t lane = 0; lane < 35; ++lane) {
    const std::size_t y = lane / 7, x = lane % 7;
    if (y >= 4 || x >= 6) {
      CHECK(target.address[lane] == DrainTarget::kDropped);
      continue;
    }
    CHECK(target.address[lane] == y / 2 * 2 + x / 3);
    ++taken[target.address[lane]];
    if (target.first_of_pool[lane]) CHECK(++firsts[target.address[lane]] == taken[target.address[lane]]);
  }
  CHECK(taken == std::map<std::uint32_t, int>{{0, 6}, {1, 6}, {2, 6}, {3, 6}});
  CHECK(firsts.size() == 4);
  CHECK(target.row_pitch == 4);
}

TEST_CASE("a command that does not drain has one empty target") {
  SequencerBench bench(mapped_array(4, 4));
  Compute c = dense_command(2, 4, 2, 4, 1);
  pack_planes(c);
  c.last_chunk = false;
  bench.issue(c);
  REQUIRE(bench.run_until([&] { return !bench.targets.received.empty(); }));
  CHECK(bench.targets.received[0].rows == 0);
  CHECK(bench.targets.received[0].lanes == 0);
  CHECK(bench.targets.received[0].last_of_command);
  CHECK_FALSE(bench.tiles.received[0].drain);
}

TEST_CASE("tiles are numbered over the commands of a layer") {
  SequencerBench bench(mapped_array(4, 2));
  Compute c = dense_command(1, 1, 1, 8, 1);  // two tiles
  pack_planes(c);
  bench.issue(c, 3);
  bench.issue(c, 3);
  bench.issue(c, 4);
  bench.last_slots.queue.resize(3);
  REQUIRE(bench.run_tiles(3));
  std::vector<std::uint32_t> numbers;
  for (const Tile& tile : bench.tiles.received) numbers.push_back(tile.index);
  CHECK(numbers == std::vector<std::uint32_t>{0, 1, 2, 3, 0, 1});
  CHECK(bench.tiles.received.back().layer == 4);
}

TEST_CASE("the first tile leaves one edge after its command is popped, others one an edge") {
  SequencerBench bench(mapped_array(4, 1));
  Compute c = dense_command(1, 1, 1, 10, 1);
  pack_planes(c);
  bench.issue(c);
  REQUIRE(bench.run_tiles());
  const auto& at = bench.tiles.received_at;  // command pushed at 0, popped at 1
  REQUIRE(at.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(at[i] == 1 + 1 + static_cast<std::int64_t>(i) + 1);
}

TEST_CASE("a command is accepted one edge after its last slot, and not before") {
  SequencerBench bench(mapped_array(4, 4));
  Compute c = dense_command(1, 1, 1, 1, 1);
  pack_planes(c);
  bench.issue(c);
  bench.issue(c);
  REQUIRE_FALSE(bench.run_until([&] { return bench.tiles.received.size() > 1; }, 50));
  CHECK(bench.acceptances.received.empty());
  bench.last_slots.queue.resize(1);
  REQUIRE(bench.run_until([&] { return bench.tiles.received.size() == 2; }));
  const std::int64_t last_slot = bench.last_slots.pushed_at[0];
  CHECK(bench.acceptances.received_at[0] == last_slot + 1 + 1);
  CHECK(bench.tiles.received_at[1] ==
        last_slot + 1 + 1 + 1);  // popped with the acceptance, tile one edge later
}

TEST_CASE("tiles do not wait for the post-processor before eight targets queue up") {
  SequencerBench bench(mapped_array(4, 1));
  bench.stall(bench.target_channel, 95);
  Compute c = dense_command(1, 1, 1, 16, 1);  // eight tiles
  pack_planes(c);
  bench.issue(c);
  REQUIRE(bench.run_tiles());
  CHECK(bench.tiles.received_at.back() - bench.tiles.received_at.front() == 7);
}

TEST_CASE("a command with a field out of range is refused and has no tiles") {
  const auto refused = [](void (*spoil)(Compute&)) {
    Compute c = dense_command(4, 8, 4, 4, 3);
    pack_planes(c);
    const AcceleratorConfig config = mapped_array(4, 4);
    CHECK(check(c, config) == ProgramFault::kNone);
    spoil(c);
    return check(c, config) == ProgramFault::kBadField;
  };
  CHECK(refused([](Compute& c) { c.channels = 0; }));
  CHECK(refused([](Compute& c) { c.stride_w = 0; }));
  CHECK(refused([](Compute& c) { c.dilation_h = 16; }));
  CHECK(refused([](Compute& c) { c.weight_bits = 17; }));
  CHECK(refused([](Compute& c) { c.nnzb = 8; }));
  CHECK(refused([](Compute& c) { c.weight_base = 4; }));
  CHECK(refused([](Compute& c) { c.weight_base = 16 * 1024; }));
  CHECK(refused([](Compute& c) { c.output_channels = 4000; }));
  CHECK(refused([](Compute& c) { c.plane_rows = 5; }));
  CHECK(refused([](Compute& c) { c.activation_base = 256 * 1024; }));
  CHECK(refused([](Compute& c) { c.output_base = 64 * 1024; }));
  CHECK(refused([](Compute& c) { c.parameter_base = 505; }));
  CHECK(refused([](Compute& c) { c.images = 5000; }));
  CHECK(refused([](Compute& c) { c.first_chunk = false; }));  // more than one tile

  SequencerBench bench(mapped_array(4, 4));
  Compute bad;
  bad.kernel_h = 0;
  Compute good = dense_command(1, 1, 1, 1, 1);
  pack_planes(good);
  bench.issue(bad, 9);
  bench.issue(good);
  REQUIRE(bench.run_tiles());
  CHECK(bench.tiles.received.size() == 1);
  REQUIRE(bench.acceptances.received.size() == 1);
  CHECK(bench.acceptances.received[0].fault == ProgramFault::kBadField);
  CHECK(bench.acceptances.received[0].layer == 9);
  CHECK(bench.acceptances.received_at[0] == 1 + 1 + 1);  // popped at 1
}
