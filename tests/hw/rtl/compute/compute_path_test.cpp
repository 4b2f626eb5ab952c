// The units of the compute path together: bit-true under any stall, and cycle for cycle what docs/timing.md
// says.
#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>

#include "hw/isa/fixed_point.h"
#include "tests/hw/rtl/compute/compute_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

/// When the array does what, from the rules of docs/timing.md and nothing of the units but the tiles they
/// saw.
class Timeline {
 public:
  explicit Timeline(const AcceleratorConfig& config) : config_(config) {}

  std::vector<std::int64_t> tile_begins, last_slots;  ///< edges
  std::int64_t slots = 0, bubbles = 0, drain_waits = 0;

  /// `tiles` tell rows, lanes and conflicts.
  void command(const Compute& c, Convolution& convolution, const std::vector<Tile>& tiles,
               std::int64_t popped_at) {
    std::int64_t edge = popped_at + 2 + tiles.front().conflicts + config_.pipeline.activation_read;
    for (std::size_t t = 0; t < tiles.size(); ++t) {
      tile_begins.push_back(edge);
      const auto steps = static_cast<int>(c.steps());
      for (int step = 0; step < steps; ++step) {
        const int count = slots_of(c, convolution, t, tiles.size(), tiles[t].rows, step);
        const bool last = step + 1 == steps;
        slots += count;
        edge += count;  // one after the last slot
        if (last) {
          const bool drains = c.last_chunk || t + 1 == tiles.size();
          std::int64_t& begins = tile_begins.back();
          if (drains) {
            const std::int64_t wait = std::max<std::int64_t>(0, shadow_free_ - (edge - 1));
            drain_waits += wait;
            edge += wait;
            if (steps == 1 && count == 1) begins += wait;
            const int beats =
                c.last_chunk ? tiles[t].rows * ((tiles[t].lanes + config_.columns - 1) / config_.columns) : 1;
            shadow_free_ = edge - 1 + beats;
          }
          last_slots.push_back(edge - 1);
        }
        if (last && t + 1 == tiles.size()) break;
        const int reads = last ? tiles[t + 1].conflicts : tiles[t].conflicts;
        const int wait = std::max(0, reads - count);
        bubbles += wait;
        edge += wait;
      }
    }
  }

 private:
  int slots_of(const Compute& c, Convolution& convolution, std::size_t tile, std::size_t tiles, int rows,
               int step) const {
    if (config_.synchronization == Synchronization::kBalanced) return c.nnzb;
    const auto row_groups = static_cast<std::size_t>(c.row_groups(config_.rows));
    const std::size_t stream = tile / (tiles / row_groups / c.conv_groups);
    const int first = static_cast<int>(stream % row_groups) * config_.rows;
    const auto busiest = [&](int of_step) {
      int most = 1;
      for (int row = 0; row < rows; ++row) {
        const int weight = convolution.weight(static_cast<int>(stream / row_groups), first + row, of_step);
        most = std::max(most, tokens(token_mask(weight, config_.token_form)).count);
      }
      return most;
    };
    if (config_.synchronization == Synchronization::kGroupMax) return busiest(step);
    int most = 1;
    for (int any = 0; any < c.steps(); ++any) most = std::max(most, busiest(any));
    return most;
  }

  const AcceleratorConfig config_;
  std::int64_t shadow_free_ = 0;  ///< first edge at which a last slot may replace the shadow registers
};

struct Case {
  std::unique_ptr<ComputeBench> bench;
  Compute compute;
  std::unique_ptr<Convolution> convolution;
};

/// A random convolution on a random array, given twice, as two layers.
Case random_case(int number) {
  std::mt19937 random(static_cast<unsigned>(number) * 7919u + 1u);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  AcceleratorConfig config;
  config.rows = pick(0, 4) == 0 ? 64 : pick(1, 20);
  config.columns = pick(0, 4) == 0 ? 64 : pick(1, 20);
  const std::vector<SynchronizationRule>& rules = synchronization_rules();
  config.synchronization = rules[pick(0, static_cast<int>(rules.size()) - 1)].synchronization;
  config.column_mapping = pick(0, 3) == 0 ? ColumnMapping::kRow : ColumnMapping::kFlattened;
  config.token_form = pick(0, 1) != 0 ? TokenForm::kSignedDigit : TokenForm::kBinary;
  config.weight_storage = pick(0, 1) != 0 ? WeightStorage::kTokens : WeightStorage::kDense;
  config.accumulator_bits_8 = pick(0, 3) == 0 ? 16 : 32;
  config.pipeline.pe = pick(1, PipelineConfig::kMostPeStages);
  config.pipeline.activation_read = pick(1, PipelineConfig::kMostStages);
  Compute c = dense_command(pick(1, 4), pick(1, 24), pick(1, 6), pick(1, 9), pick(1, 3), pick(1, 2));
  c.kernel_w = static_cast<std::uint8_t>(pick(1, 3));
  c.conv_groups = static_cast<std::uint16_t>(pick(0, 2) == 0 ? pick(2, 4) : 1);
  c.stride_h = static_cast<std::uint8_t>(pick(1, 2));
  c.stride_w = static_cast<std::uint8_t>(pick(1, 3));
  c.dilation_h = static_cast<std::uint8_t>(pick(1, 2));
  c.dilation_w = static_cast<std::uint8_t>(pick(1, 2));
  c.width = pick(0, 2) == 0 ? Width::k16 : Width::k8;
  c.input_signed = pick(0, 1) != 0;
  c.weight_bits = static_cast<std::uint8_t>(pick(2, c.width == Width::k16 ? 16 : 8));
  c.nnzb = static_cast<std::uint8_t>(pick(1, std::min(c.weight_bits - 1, 7)));
  c.weight_base = static_cast<std::uint32_t>(8 * pick(0, config.weight_bank_bytes / 8 - 1));
  pack_planes(c);
  Case made{std::make_unique<ComputeBench>(config, ("bench" + std::to_string(number)).c_str()), c,
            std::make_unique<Convolution>(c, config, static_cast<unsigned>(number))};
  made.convolution->load(made.bench->weights);
  made.convolution->load(made.bench->buffer);
  made.bench->issue(c, 0);
  made.bench->issue(c, 1);
  return made;
}

/// Compares what drained with plain sums, both commands.
bool sums_are_right(Case& c) {
  ComputeBench& bench = *c.bench;
  const int bits = bench.config.accumulator_bits(c.compute.width);
  std::size_t beat = 0, lane = 0;
  const auto next = [&] {
    if (lane == bench.beats.received[beat].lanes) {
      ++beat;
      lane = 0;
    }
    return bench.beats.received[beat].value[lane++];
  };
  const Compute& p = c.compute;
  const int lanes = bench.config.lanes(p.width);
  for (int command = 0; command < 2; ++command) {
    for (int group = 0; group < p.conv_groups; ++group) {
      for (int first = 0; first < p.output_channels; first += bench.config.rows) {
        const int rows = std::min(bench.config.rows, p.output_channels - first);
        const bool by_row = bench.config.column_mapping == ColumnMapping::kRow;
        const int line = by_row ? p.columns : p.columns * p.rows * p.images;
        const int lines = by_row ? p.rows * p.images : 1;
        for (int tile = 0; tile < lines * ((line + lanes - 1) / lanes); ++tile) {
          const int tiles_a_line = (line + lanes - 1) / lanes;
          const int begin = tile % tiles_a_line * lanes;
          const int count = std::min(lanes, line - begin);
          for (int row = 0; row < rows; ++row) {
            for (int i = 0; i < count; ++i) {
              const int pixel = tile / tiles_a_line * line + begin + i;
              const int image = pixel / (p.rows * p.columns);
              const int y = pixel / p.columns % p.rows;
              const int x = pixel % p.columns;
              const std::int64_t sum = c.convolution->sum(bench.buffer, group, first + row, image, y, x);
              if (next() != wrap(sum, bits)) return false;
            }
          }
        }
      }
    }
  }
  return beat + 1 == bench.beats.received.size();
}

}  // namespace

TEST_CASE("random convolutions are bit-true, whatever stalls") {
  std::vector<Case> cases;
  for (int i = 0; i < 60; ++i) {
    cases.push_back(random_case(i));
    cases.back().bench->stall_all(static_cast<unsigned>(i % 5 * 18));
  }
  for (Case& c : cases) {
    INFO(c.bench->name());
    REQUIRE(c.bench->run(2));
    CHECK(sums_are_right(c));
    Profile& profile = c.bench->profile;
    CHECK(profile.layer(0).events == profile.layer(1).events);
  }
}

TEST_CASE("random convolutions take the cycles that the rules say") {
  std::vector<Case> cases;
  for (int i = 100; i < 220; ++i) cases.push_back(random_case(i));
  std::int64_t bubbles = 0, drain_waits = 0;
  for (Case& c : cases) {
    INFO(c.bench->name());
    ComputeBench& bench = *c.bench;
    REQUIRE(bench.run(2));
    const std::vector<Tile>& tiles = bench.tiles;
    const std::vector<Tile> first(tiles.begin(),
                                  tiles.begin() + static_cast<std::ptrdiff_t>(tiles.size() / 2));
    Timeline expected(bench.config);
    expected.command(c.compute, *c.convolution, first, 1);
    const std::int64_t accepted = expected.last_slots.back() + 1;
    expected.command(c.compute, *c.convolution, first, accepted);
    CHECK(bench.tile_began_at == expected.tile_begins);
    CHECK(bench.acceptances.received_at[0] == accepted + 1);
    CHECK(bench.acceptances.received_at[1] == expected.last_slots.back() + 1 + 1);
    CHECK(bench.cycles(Activity::kBusy) == expected.slots);
    CHECK(bench.cycles(Activity::kBankConflict) == expected.bubbles);
    CHECK(bench.cycles(Activity::kDrainWait) == expected.drain_waits);
    CHECK(bench.cycles(Activity::kStalled) == 0);
    CHECK(sums_are_right(c));
    bubbles += expected.bubbles;
    drain_waits += expected.drain_waits;
  }
  CHECK(bubbles > 0);
  CHECK(drain_waits > 0);
}

TEST_CASE("the first slot is performed 2 + conflicts + stages of the read after the command is popped") {
  std::vector<std::unique_ptr<ComputeBench>> benches;
  for (const int stages : {1, 3, 4}) {
    AcceleratorConfig config;
    config.pipeline.activation_read = stages;
    benches.push_back(std::make_unique<ComputeBench>(config, ("bench" + std::to_string(stages)).c_str()));
    Compute c = dense_command(1, 1, 2, 8, 1);
    pack_planes(c);
    c.plane_columns = 64;  // pixels of both rows share banks
    c.activation_image_stride = 128;
    benches.back()->issue(c);
  }
  for (const auto& bench : benches) {
    REQUIRE(bench->run(1));
    REQUIRE(bench->tiles.front().conflicts == 2);
    CHECK(bench->tile_began_at.at(0) == 1 + 2 + 2 + bench->config.pipeline.activation_read);
  }
}

TEST_CASE("a command without drain completes in its turn and leaves its sums in the array") {
  ComputeBench bench(AcceleratorConfig{});
  Compute whole = dense_command(4, 8, 4, 8, 3);
  pack_planes(whole);
  Convolution convolution(whole, bench.config, 5);
  convolution.load(bench.weights);
  convolution.load(bench.buffer);
  bench.issue(whole);
  // The same in chunks of one and three channels: a stream of weights each.
  const RowStream stream(whole.weight_bits, whole.nnzb, bench.config);
  Compute chunk[2] = {whole, whole};
  chunk[0].channels = 1;
  chunk[0].last_chunk = false;
  chunk[1].channels = 3;
  chunk[1].first_chunk = false;
  chunk[1].activation_base = static_cast<std::uint32_t>(whole.plane_rows) * whole.plane_columns;
  chunk[0].weight_base = 1024;
  chunk[1].weight_base = 2048;
  int step = 0;
  for (Compute& part : chunk) {
    for (int channel = 0; channel < 8; ++channel) {
      std::vector<std::int16_t> weights;
      for (int i = 0; i < part.steps(); ++i) weights.push_back(convolution.weight(0, channel, step + i));
      std::vector<std::uint8_t> bytes;
      stream.append(bytes, weights.data(), weights.size(), whole.nnzb);
      for (std::uint32_t at = 0; at < bytes.size(); at += 8) {
        std::uint64_t word = 0;
        for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{bytes[at + i]} << 8 * i;
        bench.weights.write_word(channel, part.weight_base + at, word);
      }
    }
    step += static_cast<int>(part.steps());
    bench.issue(part);
  }
  REQUIRE(bench.run(3));
  const auto& beats = bench.beats.received;
  REQUIRE(beats.size() == 8 + 1 + 8);
  CHECK(beats[8].lanes == 0);
  CHECK(beats[8].last_of_tile);
  for (std::size_t row = 0; row < 8; ++row) {
    for (std::size_t lane = 0; lane < 32; ++lane) CHECK(beats[row].value[lane] == beats[9 + row].value[lane]);
  }
}

TEST_CASE("group_max takes no more cycles than tile_max, and tile_max no more than balanced") {
  std::vector<std::array<Case, 3>> cases;
  for (int i = 0; i < 20; ++i) {
    AcceleratorConfig config;
    config.rows = 8;
    config.columns = 4;
    Compute c = dense_command(3, 12, 3, 7, 1 + i % 3);
    c.nnzb = static_cast<std::uint8_t>(1 + i % 7);
    pack_planes(c);
    const auto make = [&](Synchronization synchronization, const std::string& name) {
      config.synchronization = synchronization;
      Case made{std::make_unique<ComputeBench>(config, (name + std::to_string(i)).c_str()), c,
                std::make_unique<Convolution>(c, config, static_cast<unsigned>(i))};
      made.convolution->load(made.bench->weights);
      made.convolution->load(made.bench->buffer);
      made.bench->issue(c);
      return made;
    };
    cases.push_back({make(Synchronization::kGroupMax, "group_max"),
                     make(Synchronization::kTileMax, "tile_max"),
                     make(Synchronization::kBalanced, "balanced")});
  }
  for (auto& of_case : cases) {
    for (Case& way : of_case) REQUIRE(way.bench->run(1));
    const auto accepted = [&of_case](std::size_t way) {
      return of_case[way].bench->acceptances.received_at[0];
    };
    CHECK(accepted(0) <= accepted(1));
    CHECK(accepted(1) <= accepted(2));
    const auto values = [](const ComputeBench& bench) {
      std::vector<std::int64_t> all;
      for (const DrainBeat& beat : bench.beats.received) {
        all.insert(all.end(), beat.value.begin(), beat.value.begin() + beat.lanes);
      }
      return all;
    };
    CHECK(values(*of_case[0].bench) == values(*of_case[1].bench));
    CHECK(values(*of_case[0].bench) == values(*of_case[2].bench));
  }
}
