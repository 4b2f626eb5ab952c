// The parts of the analytic level on their own: statistics of weights, closed forms of compute commands,
// programs that never end.
#include "hw/timeline/timeline.h"

#include <catch2/catch.hpp>
#include <random>

#include "hw/compiler/mapper.h"
#include "hw/timeline/compute/tile_walk.h"
#include "tests/support/names.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

/// A 1x1 convolution of two input and three output channels on two rows of the array.
QuantizedNetwork small_network() {
  QuantizedNetwork n;
  n.name = "small";
  n.tensors = {{"in", {2, 4, 4}}, {"out", {3, 4, 4}}};
  n.output = 1;
  QuantizedLayer l;
  l.name = "conv";
  l.input = 0;
  l.output = 1;
  l.weights = {0, 7,    // tokens 0 and 3
               1, -96,  // 1 and 2
               5, 64};  // 2 and 1: alone in its row group
  l.bias.assign(3, 0);
  l.rescale.assign(3, Rescale{1, 0});
  l.nnzb = 3;
  n.layers = {l};
  return n;
}

AcceleratorConfig two_rows(Synchronization synchronization) {
  AcceleratorConfig config;
  config.rows = 2;
  config.synchronization = synchronization;
  return config;
}

/// The weights of the whole layer.
ConstantsBlob all_weights() {
  ConstantsBlob blob;
  blob.layer = 0;
  blob.channels = 3;
  blob.input_channels = 2;
  return blob;
}

std::size_t compute_index(const Program& program) {
  std::size_t i = 0;
  while (!std::holds_alternative<Compute>(program.commands[i].body)) ++i;
  return i;
}

/// A command of several tiles, and random slots of its steps.
struct RandomWork {
  AcceleratorConfig config;
  Compute compute;
  std::vector<RowGroupSteps> groups;

  explicit RandomWork(unsigned seed) : random(seed) {
    config.rows = uniform(1, 8);
    config.columns = uniform(1, 8);
    config.pipeline.pe = uniform(1, PipelineConfig::kMostPeStages);
    config.pipeline.activation_read = uniform(1, PipelineConfig::kMostStages);
    config.column_mapping = uniform(0, 1) != 0 ? ColumnMapping::kRow : ColumnMapping::kFlattened;
    compute.channels = static_cast<std::uint16_t>(uniform(2, 5));
    compute.conv_groups = static_cast<std::uint16_t>(uniform(1, 3));
    compute.output_channels = static_cast<std::uint16_t>(uniform(1, 20));
    compute.images = static_cast<std::uint16_t>(uniform(1, 2));
    compute.rows = static_cast<std::uint16_t>(uniform(1, 5));
    compute.columns = static_cast<std::uint16_t>(uniform(1, 9));
    compute.plane_columns = static_cast<std::uint16_t>(compute.columns + uniform(0, 3));
    compute.activation_image_stride = static_cast<std::uint32_t>(uniform(40, 60));
    compute.width = uniform(0, 1) != 0 ? Width::k16 : Width::k8;
    for (int g = 0; g < compute.conv_groups * compute.row_groups(config.rows); ++g) {
      std::vector<std::uint8_t> slots(static_cast<std::size_t>(compute.steps()));
      for (auto& s : slots) s = static_cast<std::uint8_t>(uniform(1, 4));
      groups.emplace_back(rule_of(Synchronization::kGroupMax), slots, 4, 0);
    }
  }

  int uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }
  std::mt19937 random;
};

}  // namespace

TEST_CASE("weight statistics count performed tokens and the slots of the busiest row") {
  const QuantizedNetwork network = small_network();
  WeightStatistics statistics(network);
  const RowGroupSteps* groups = statistics.groups_of(all_weights(), two_rows(Synchronization::kGroupMax));
  CHECK(groups[0].tokens() == 6);
  CHECK(groups[0].slots_of(0) == 1);
  CHECK(groups[0].slots_of(1) == 3);
  CHECK(groups[0].cycles_before_last(1) == 1);
  CHECK(groups[0].cycles_before_last(2) == 2);
  CHECK(groups[1].tokens() == 3);
  CHECK(groups[1].slots() == 3);
  CHECK(groups[1].slots_of_last() == 1);
  CHECK(groups[1].cycles_before_last(40) == 40);
}

TEST_CASE("weight statistics of balanced steps have nnzb slots each") {
  const QuantizedNetwork network = small_network();
  WeightStatistics statistics(network);
  const RowGroupSteps* groups = statistics.groups_of(all_weights(), two_rows(Synchronization::kBalanced));
  CHECK(groups[0].tokens() == 6);
  CHECK(groups[0].slots() == 6);
  CHECK(groups[1].slots_of(0) == 3);
  CHECK(groups[1].cycles_before_last(5) == 5);
}

TEST_CASE(
    "weight statistics of tile_max have as many slots in every step as the busiest weight of the rows") {
  const QuantizedNetwork network = small_network();
  WeightStatistics statistics(network);
  const RowGroupSteps* groups = statistics.groups_of(all_weights(), two_rows(Synchronization::kTileMax));
  CHECK(groups[0].tokens() == 6);
  CHECK(groups[0].slots() == 6);
  CHECK(groups[1].tokens() == 3);
  CHECK(groups[1].slots_of(0) == 2);
  CHECK(groups[1].slots_of_last() == 2);
  CHECK(groups[1].cycles_before_last(1) == 2);
}

TEST_CASE("weight statistics of some input channels and later row groups are those of that cut") {
  const QuantizedNetwork network = small_network();
  WeightStatistics statistics(network);
  ConstantsBlob blob = all_weights();
  blob.channel = 2;
  blob.channels = 1;
  blob.input_channel = 1;
  blob.input_channels = 1;
  for (const SynchronizationRule& rule : synchronization_rules()) {
    const RowGroupSteps* groups = statistics.groups_of(blob, two_rows(rule.synchronization));
    CHECK(groups[0].steps() == 1);
    CHECK(groups[0].tokens() == 1);
  }
  CHECK(statistics.groups_of(all_weights(), two_rows(Synchronization::kBalanced))[0].tokens() == 6);
}

TEST_CASE("weights that no load brings are refused by command") {
  const AcceleratorConfig config = two_rows(Synchronization::kBalanced);
  const QuantizedNetwork network = small_network();
  Program program = build_program(network, config, {}).program;
  std::get<Compute>(program.commands[compute_index(program)].body).weight_base += 512;
  WeightStatistics statistics(network);
  CHECK_THROWS_WITH(analyze(program, config, {}, statistics), Catch::Contains("no load brings"));
}

TEST_CASE("sums over tiles are what a walk of each step finds") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const RandomWork work(seed);
    ComputeTimeline timeline(work.config);
    const ComputeTimeline::Outcome outcome = timeline.perform(work.compute, work.groups.data(), 5);
    const ArrayWork array{&work.compute,
                          work.groups.data(),
                          &timeline.tiles_of(work.compute),
                          work.config.rows,
                          work.config.pipeline,
                          5,
                          0};
    ActivityCounter counter(kNever);
    REQUIRE(walk_command(array, counter) + 1 == outcome.accepted);
    REQUIRE(timeline.before(outcome.accepted) == counter.cycles());
  }
}

TEST_CASE("the array does one thing in each cycle from the first slot to the last") {
  for (unsigned seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    const RandomWork work(seed);
    ComputeTimeline timeline(work.config);
    const Edge end = timeline.perform(work.compute, work.groups.data(), 5).accepted;
    const Edge begin = 5 + 2 + timeline.tiles_of(work.compute).tiles.front().conflicts +
                       work.config.pipeline.activation_read;
    for (Edge edge = 0; edge < end; ++edge) {
      const ActivityCycles now = timeline.before(edge), next = timeline.before(edge + 1);
      std::int64_t counted = 0;
      for (std::size_t a = 0; a < kActivities; ++a) {
        REQUIRE(next[a] >= now[a]);
        counted += next[a] - now[a];
      }
      REQUIRE(counted == (edge < begin ? 0 : 1));
    }
  }
}

TEST_CASE("a program that waits forever is refused with the command and the missing flag") {
  const AcceleratorConfig config;
  const QuantizedNetwork network = small_network();
  Program program = build_program(network, config, {}).program;
  WeightStatistics statistics(network);
  program.commands[compute_index(program)].header.wait |= engine_bit(Engine::kVector);
  CHECK_THROWS_WITH(analyze(program, config, {}, statistics),
                    Catch::Contains("waits forever for a flag of the vector engine"));
  program.commands.pop_back();
  program.commands.pop_back();
  program.commands[compute_index(program)].header.wait = engine_bit(Engine::kLoad);
  CHECK_THROWS_WITH(analyze(program, config, {}, statistics), Catch::Contains("its last command is not End"));
}

TEST_CASE("evaluations of one timeline do not depend on those before") {
  const AcceleratorConfig config;
  const QuantizedNetwork network = small_network();
  const Program program = build_program(network, config, {}).program;
  WeightStatistics statistics(network);
  Timeline timeline(config, {});
  const Analysis first = timeline.analyze(program, statistics);
  const Analysis second = timeline.analyze(program, statistics);
  CHECK(first.cycles == second.cycles);
  CHECK(first.profile.layers().front().activity == second.profile.layers().front().activity);
  CHECK(first.profile.layers().front().events == second.profile.layers().front().events);
}
