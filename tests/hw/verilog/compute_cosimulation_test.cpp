// The Verilog encoder and array beside ours, edge by edge: every register, every item on a channel, in every
// configuration; and single flipped bits, which must be seen.
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "hw/isa/weight/row_stream.h"
#include "tests/hw/rtl/compute/compute_bench.h"
#include "tests/hw/verilog/array_twin.h"
#include "tests/hw/verilog/encoder_twin.h"
#include "tests/hw/verilog/models.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::rtl;
using namespace bitbalance::rtl::test;

namespace {

constexpr const char* kLoops = "g_loops.grid";
constexpr const char* kInstances = "g_instances.grid";

AcceleratorConfig config_of(int rows, int columns, bool group_max, bool signed_digit, bool tokens) {
  AcceleratorConfig config;
  config.rows = rows;
  config.columns = columns;
  config.synchronization = group_max ? Synchronization::kGroupMax : Synchronization::kBalanced;
  config.token_form = signed_digit ? TokenForm::kSignedDigit : TokenForm::kBinary;
  config.weight_storage = tokens ? WeightStorage::kTokens : WeightStorage::kDense;
  return config;
}

/// Random commands for the whole path, each with weights of its own, some in two chunks that clear and drain
/// apart.
class Window {
 public:
  Window(const AcceleratorConfig& config, unsigned seed, int commands)
      : bench(config, ("bench" + std::to_string(seed)).c_str()), random_(seed) {
    for (int i = 0; i < commands; ++i) issue_random();
  }

  bool run() { return bench.run(issued_); }

  ComputeBench bench;

 private:
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  void issue_random() {
    const AcceleratorConfig& config = bench.config;
    const int channels = 2 * pick(1, 2);
    Compute c =
        dense_command(channels, pick(1, 2 * config.rows), pick(1, 4), pick(1, 9), pick(1, 3), pick(1, 2));
    c.stride_w = static_cast<std::uint8_t>(pick(1, 3));
    c.width = pick(0, 1) != 0 ? Width::k16 : Width::k8;
    c.input_signed = pick(0, 1) != 0;
    c.weight_bits = static_cast<std::uint8_t>(pick(2, c.width == Width::k16 ? 16 : 8));
    c.nnzb = static_cast<std::uint8_t>(pick(1, std::min(c.weight_bits - 1, 9)));
    c.weight_base = static_cast<std::uint32_t>(8 * pick(0, config.weight_bank_bytes / 8 - 1));
    pack_planes(c);
    const bool tokens = config.weight_storage == WeightStorage::kTokens;
    if (tokens) {
      if (issued_ > 0) c.weight_base = weights_end_;
      const RowStream stream(c.weight_bits, c.nnzb, config);
      const auto words = static_cast<std::uint32_t>(c.row_groups(config.rows)) * stream.words(c.steps());
      weights_end_ = (c.weight_base + 8 * words) % static_cast<std::uint32_t>(config.weight_bank_bytes);
    }
    Convolution convolution(c, config, static_cast<unsigned>(pick(0, 1 << 20)));
    // Only what the first command loads stays in the buffers: later ones read it as they find it, which is as
    // good as any for registers. But tokens are codes, which each command brings.
    if (issued_ == 0) {
      convolution.load(bench.buffer);
      for (int bank = 0; bank < config.rows; ++bank) {
        for (int word = 0; word < config.weight_bank_bytes / 8; ++word)
          bench.weights.write_word(bank, static_cast<std::uint32_t>(8 * word), random_());
      }
    }
    if (tokens) convolution.load(bench.weights);
    // Partial sums stay in the array for a tile that does not drain.
    const bool chunks = c.rows * c.columns * c.images <= config.lanes(c.width) &&
                        c.output_channels <= config.rows && pick(0, 1) != 0;
    if (chunks) {
      Compute first = c;
      first.channels = static_cast<std::uint16_t>(channels / 2);
      first.last_chunk = false;
      issue(first);
      c.channels = first.channels;
      c.first_chunk = false;
    }
    issue(c);
  }
  void issue(const Compute& command) { bench.issue(command, static_cast<int>(issued_++)); }

  std::mt19937_64 random_;
  std::size_t issued_ = 0;
  std::uint32_t weights_end_ = 0;  ///< tokens: of the last command's, of all on the ring at most a round
};

/// A window with both twins beside it.
template <class Encoder, class Array>
struct Cosimulation {
  Cosimulation(const AcceleratorConfig& config, unsigned seed, int commands, const char* grid,
               const Flip& flip = {})
      : window(config, seed, commands),
        encoder(("encoder_twin" + std::to_string(seed)).c_str(), window.bench, config, window.bench.encoder,
                window.bench.weights, window.bench.encoder_tiles, window.bench.fetch_channel,
                window.bench.slot_channel, flip),
        array(("array_twin" + std::to_string(seed)).c_str(), window.bench, config, window.bench.array,
              {window.bench.slot_channel, window.bench.vector_channel, window.bench.beat_channel,
               window.bench.last_slot_channel},
              grid, grid == std::string(kLoops), flip) {}

  std::int64_t mismatches() const { return encoder.mismatches + array.mismatches; }

  Window window;
  EncoderTwin<Encoder> encoder;
  ArrayTwin<Array> array;
};

bool same(const TokenSlot& a, const TokenSlot& b) {
  return a.bubble == b.bubble && a.first_of_step == b.first_of_step && a.first_of_tile == b.first_of_tile &&
         a.last_of_tile == b.last_of_tile && a.last_of_command == b.last_of_command && a.width == b.width &&
         a.clear == b.clear && a.drain == b.drain && a.rows == b.rows && a.lanes == b.lanes &&
         std::equal(a.token.begin(), a.token.begin() + a.rows, b.token.begin());
}
bool same(const DrainBeat& a, const DrainBeat& b) {
  return a.row == b.row && a.first_lane == b.first_lane && a.lanes == b.lanes &&
         a.last_of_tile == b.last_of_tile &&
         std::equal(a.value.begin(), a.value.begin() + a.lanes, b.value.begin());
}
template <class Item>
bool all_same(const std::vector<Item>& a, const std::vector<Item>& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](const Item& x, const Item& y) { return same(x, y); });
}

template <class Cosimulated>
void check_equal(Cosimulated& c) {
  REQUIRE(c.window.run());
  INFO(c.encoder.first_mismatch);
  INFO(c.array.first_mismatch);
  CHECK(c.encoder.mismatches == 0);
  CHECK(c.array.mismatches == 0);
  CHECK(all_same(c.encoder.slots, c.array.slots));
  CHECK(all_same(c.array.beats, c.window.bench.beats.received));
  CHECK(c.array.beats.size() > 0);
  CHECK(c.encoder.registers_compared >= (7 + 2 * c.window.bench.config.rows) * c.encoder.edges);
  WARN(c.array.edges << " edges, " << c.encoder.registers_compared + c.array.registers_compared
                     << " registers compared");
}

template <class Encoder>
void check_configuration(bool group_max, bool signed_digit, bool tokens) {
  const AcceleratorConfig config = config_of(8, 8, group_max, signed_digit, tokens);
  const auto seed = static_cast<unsigned>(1 + 4 * group_max + 2 * signed_digit + tokens);
  Cosimulation<Encoder, Varray_8x8> smooth(config, seed, 20, kLoops);
  Cosimulation<Encoder, Varray_8x8> stalled(config, seed + 10, 20, kLoops);
  stalled.window.bench.stall_all(30);
  check_equal(smooth);
  check_equal(stalled);
}

}  // namespace

TEST_CASE("8x8, balanced, binary, dense") {
  check_configuration<Vencoder_000>(false, false, false);
}
TEST_CASE("8x8, balanced, binary, tokens") {
  check_configuration<Vencoder_001>(false, false, true);
}
TEST_CASE("8x8, balanced, signed digit, dense") {
  check_configuration<Vencoder_010>(false, true, false);
}
TEST_CASE("8x8, balanced, signed digit, tokens") {
  check_configuration<Vencoder_011>(false, true, true);
}
TEST_CASE("8x8, group_max, binary, dense") {
  check_configuration<Vencoder_100>(true, false, false);
}
TEST_CASE("8x8, group_max, binary, tokens") {
  check_configuration<Vencoder_101>(true, false, true);
}
TEST_CASE("8x8, group_max, signed digit, dense") {
  check_configuration<Vencoder_110>(true, true, false);
}
TEST_CASE("8x8, group_max, signed digit, tokens") {
  check_configuration<Vencoder_111>(true, true, true);
}

TEST_CASE("32x32, balanced, binary, dense") {
  Cosimulation<Vencoder_32, Varray_32x32> c(config_of(32, 32, false, false, false), 21, 8, kLoops);
  check_equal(c);
}

TEST_CASE("8x3 of single PEs, with accumulators of 16 and 24 bits that wrap") {
  AcceleratorConfig config = config_of(8, 3, true, true, true);
  config.accumulator_bits_8 = 16;
  config.accumulator_bits_16 = 24;
  Cosimulation<Vencoder_111, Varray_8x3> c(config, 22, 20, kInstances);
  c.window.bench.stall_all(20);
  check_equal(c);
}

TEST_CASE("8x3 of single PEs with a register between shifter and adder, after a deep read of activations") {
  AcceleratorConfig config = config_of(8, 3, true, false, false);
  config.pipeline.pe = 2;
  config.pipeline.activation_read = 3;
  using Deep = Cosimulation<Vencoder_100, Varray_two_stages>;
  Deep smooth(config, 23, 20, kInstances);
  Deep stalled(config, 24, 20, kInstances);
  stalled.window.bench.stall_all(30);
  check_equal(smooth);
  check_equal(stalled);
}

TEST_CASE("a flipped bit of a weight, an activation or a token is seen") {
  const AcceleratorConfig config = config_of(8, 8, false, false, false);
  using Flipped = Cosimulation<Vencoder_000, Varray_8x8>;
  Flipped weight(config, 31, 3, kLoops, {Flip::Of::kWeight, 0, 1, 40});
  Cosimulation<Vencoder_001, Varray_8x8> stored(config_of(8, 8, false, false, true), 35, 3, kLoops,
                                                {Flip::Of::kWeight, 0, 1, 40});
  Flipped activation(config, 32, 3, kLoops, {Flip::Of::kActivation, 0, 3, 40});
  Flipped sign(config, 33, 3, kLoops, {Flip::Of::kToken, 0, 6, 40});
  Flipped position(config, 34, 3, kLoops, {Flip::Of::kToken, 0, 0, 40});
  for (Flipped* flipped : {&weight, &activation, &sign, &position}) REQUIRE(flipped->window.run());
  REQUIRE(stored.window.run());
  CHECK(weight.encoder.mismatches > 0);
  CHECK(stored.encoder.mismatches > 0);
  CHECK(activation.array.mismatches > 0);
  CHECK(sign.array.mismatches > 0);
  CHECK(position.array.mismatches > 0);
}
