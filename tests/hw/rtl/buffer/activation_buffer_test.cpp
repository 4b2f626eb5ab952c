#include "hw/rtl/buffer/activation_buffer.h"

#include "tests/hw/rtl/compute/tile_bench.h"
#include "tests/hw/rtl/engine_bench.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

AcceleratorConfig small_array() {
  AcceleratorConfig config;
  config.rows = 1;
  config.columns = 4;
  config.activation_buffer_bytes = 4096;
  return config;
}

class BufferBench : public Bench {
 public:
  BufferBench() {
    attach(buffer, tiles, fetches, vectors);
    buffer.tiles(tile_channel);
    buffer.fetches(fetch_channel);
    buffer.vectors(vector_channel);
  }
  const AcceleratorConfig config = small_array();
  Profile profile;
  Channel<Tile> tile_channel{"tiles"};
  Channel<StepFetch> fetch_channel{"fetches"};
  Channel<ActivationVector> vector_channel{"vectors"};
  ActivationBuffer buffer{"activation_buffer", config, profile};
  Source<Tile> tiles{"tile_source", tile_channel};
  Source<StepFetch> fetches{"fetch_source", fetch_channel};
  Sink<ActivationVector> vectors{"vector_sink", vector_channel};

  void fetch(const Tile& tile) {
    tiles.queue.push_back(tile);
    for (std::uint32_t step = 0; step < tile.steps; ++step) fetches.queue.push_back({step == 0});
  }
  bool run(std::size_t steps) {
    return run_until([&] { return vectors.received.size() == steps; });
  }
};

}  // namespace

TEST_CASE("the walk visits channel, kernel row and kernel column of strided, dilated windows") {
  BufferBench bench;
  Tile tile = single_tile(1, 3, 1);
  tile.channels = 2;
  tile.kernel_h = 2;
  tile.kernel_w = 3;
  tile.steps = 12;
  tile.stride_h = 2;
  tile.stride_w = 3;
  tile.dilation_h = 3;
  tile.dilation_w = 2;
  tile.plane_rows = 4;
  tile.plane_columns = 5;
  tile.channel_offset = 7;
  constexpr std::array<std::uint32_t, 3> kBases{0, 1, 5};  // pixels (0, 0), (0, 1), (1, 0)
  std::copy(kBases.begin(), kBases.end(), tile.base.begin());
  for (std::uint32_t i = 0; i < 4096; ++i) bench.buffer.write(i, Width::k8, static_cast<int>(i * 37 % 251));
  bench.fetch(tile);
  REQUIRE(bench.run(12));
  const int pixel_y[] = {0, 0, 1}, pixel_x[] = {0, 1, 0};
  std::size_t step = 0;
  for (int channel = 0; channel < 2; ++channel) {
    for (int r = 0; r < 2; ++r) {
      for (int s = 0; s < 3; ++s, ++step) {
        for (std::size_t lane = 0; lane < 3; ++lane) {
          const int iy = pixel_y[lane] * 2 + r * 3;
          const int ix = pixel_x[lane] * 3 + s * 2;
          const int at = 7 + (((channel * 2 + iy % 2) * 3 + ix % 3) * 4 + iy / 2) * 5 + ix / 3;
          CHECK(bench.vectors.received[step].lane[lane] == at * 37 % 251);
        }
        CHECK(bench.vectors.received[step].lane[3] == 0);
      }
    }
  }
  CHECK(bench.profile.layer(0).events[Event::kActivationBufferRead] == 3 * 12);
}

TEST_CASE("8-bit activations are sign- or zero-extended, 16-bit ones are signed") {
  BufferBench bench;
  bench.buffer.write(0, Width::k8, 200);
  bench.buffer.write(2, Width::k16, -32768);
  Tile tile = single_tile(1, 1, 1);
  bench.fetch(tile);
  tile.input_signed = true;
  bench.fetch(tile);
  tile.width = Width::k16;
  tile.base[0] = 2;
  bench.fetch(tile);
  REQUIRE(bench.run(3));
  CHECK(bench.vectors.received[0].lane[0] == 200);
  CHECK(bench.vectors.received[1].lane[0] == 200 - 256);
  CHECK(bench.vectors.received[2].lane[0] == -32768);
}

TEST_CASE("a step's vector leaves at the edge of its last conflicting read") {
  BufferBench bench;
  Tile tile = single_tile(1, 6, 3, 3);
  constexpr std::array<std::uint16_t, 6> kTurns{0, 0, 1, 0, 2, 1};
  std::copy(kTurns.begin(), kTurns.end(), tile.turn.begin());
  for (std::uint32_t i = 0; i < 64; ++i) bench.buffer.write(i, Width::k8, static_cast<int>(i));
  bench.fetch(tile);
  REQUIRE(bench.run(3));
  // Fetch pushed at 0, popped at 1, reads at 1, 2, 3; the next ones follow without a gap.
  CHECK(bench.vectors.received_at[0] == 3 + 1);
  CHECK(bench.vectors.received_at[1] == 6 + 1);
  CHECK(bench.vectors.received_at[2] == 9 + 1);
  for (std::size_t lane = 0; lane < 6; ++lane)
    CHECK(bench.vectors.received[0].lane[lane] == static_cast<int>(lane));
}

TEST_CASE("steps without conflicts are read one an edge") {
  BufferBench bench;
  bench.fetch(single_tile(1, 8, 30));
  REQUIRE(bench.run(30));
  CHECK(bench.vectors.received_at.back() - bench.vectors.received_at.front() == 29);
}
