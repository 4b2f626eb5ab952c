// Bitlet (MICRO 2021): 64 pairs a PE, a channel a bit position. Each channel picks one pair a cycle, within
// windows of 8 weights.
#include <cstring>

#include "base/text/config_error.h"
#include "base/vector_clones.h"
#include "hw/baselines/group_cycles.h"
#include "hw/baselines/stepping_pe.h"
#include "hw/baselines/weight_timed_kind.h"

namespace bitbalance::baselines {
namespace {

constexpr int kPairs = 64;
constexpr int kWindow = 8;

/// A channel's search through the 64 bits of its position, a byte at a time. A window starts at a pointer and
/// holds 8 bits: its first one is picked, and the pointer moves to its second one, or by 8. State: bits of
/// the window seen so far (0..7), and whether a one is among them.
struct BitletSearch {
  static constexpr int kStates = 2 * kWindow;
  /// [state][byte]: cycles in the high four bits, next state in the low ones.
  std::array<std::array<std::uint8_t, 256>, kStates> step{};

  constexpr BitletSearch() {
    for (int state = 0; state < kStates; ++state) {
      for (int byte = 0; byte < 256; ++byte) {
        int seen = state >> 1, found = state & 1, cycles = 0;
        for (int bit = 0; bit < 8; ++bit) {
          const int one = (byte >> bit) & 1;
          if (one != 0 && found != 0) {  // the next window starts here
            ++cycles;
            seen = 0;
          }
          found |= one;
          if (++seen == kWindow) {
            ++cycles;
            seen = found = 0;
          }
        }
        step[state][byte] = static_cast<std::uint8_t>(cycles << 4 | seen << 1 | found);
      }
    }
  }
};
constexpr BitletSearch kBitletSearch;

struct SlowestChannel {
  int channels;

  /// Byte i of the result: bit i of each of the eight bytes (Warren, Hacker's Delight, 7-3).
  static constexpr std::uint64_t transposed(std::uint64_t x) {
    std::uint64_t t = (x ^ (x >> 7)) & 0x00aa00aa00aa00aa;
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & 0x0000cccc0000cccc;
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & 0x00000000f0f0f0f0;
    return x ^ t ^ (t << 28);
  }

  /// Eight channels, eight weights on.
  static void search(std::uint64_t bytes, std::uint8_t* state, std::uint8_t* cycles) {
    for (int c = 0; c < 8; ++c) {
      const std::uint8_t next = kBitletSearch.step[state[c]][(bytes >> (8 * c)) & 0xff];
      cycles[c] = static_cast<std::uint8_t>(cycles[c] + (next >> 4));
      state[c] = next & 15;
    }
  }

  int operator()(const std::int16_t* w, int /*lanes*/) const {
    std::array<std::uint8_t, kPairs> low_bytes{}, high_bytes{};
    for (int i = 0; i < kPairs; ++i) low_bytes[i] = static_cast<std::uint8_t>(magnitude(w[i]));
    if (channels > 8) {
      for (int i = 0; i < kPairs; ++i) high_bytes[i] = static_cast<std::uint8_t>(magnitude(w[i]) >> 8);
    }
    std::array<std::uint8_t, 16> state{}, cycles{};
    for (int begin = 0; begin < kPairs; begin += 8) {
      std::uint64_t low = 0, high = 0;
      std::memcpy(&low, &low_bytes[begin], sizeof low);
      std::memcpy(&high, &high_bytes[begin], sizeof high);
      low = transposed(low);
      if (channels > 8) high = transposed(high);
      search(low, &state[0], &cycles[0]);
      if (channels > 8) search(high, &state[8], &cycles[8]);
    }
    int most = 0;
    for (int c = 0; c < channels; ++c)
      most = std::max(most, cycles[c] + (state[c] != 0 ? 1 : 0));  // the window that is cut off
    return most;
  }
};

BITBALANCE_VECTOR_CLONES
void raise_by_slowest(int weight_bits, const std::int16_t* weights, int count, std::uint16_t* cost) {
  raise_groups(SlowestChannel{weight_bits - 1}, kPairs, weights, count, cost);
}

/// One channel a bit position. Its window of 8 weights starts at its pointer; each cycle it picks the first
/// one in the window and moves the pointer to the second one, or past the window (Bitlet_CheckWindow.v).
class BitletPe final : public LoadedPe {
 public:
  using LoadedPe::LoadedPe;

  bool clock() override {
    bool more = false;
    for (Channel& channel : channel_) {
      if (channel.pointer >= kPairs) continue;
      const std::uint64_t window = (channel.ones >> channel.pointer) & 0xff;
      if (window != 0) {
        channel.sum += signed_activation(channel.pointer + __builtin_ctzll(window));
        ++terms_;
      }
      const std::uint64_t others = window & (window - 1);
      channel.pointer += others != 0 ? __builtin_ctzll(others) : kWindow;
      more = more || channel.pointer < kPairs;
    }
    return more;
  }
  std::int64_t result() const override {
    std::int64_t sum = 0;
    for (std::size_t b = 0; b < channel_.size(); ++b) sum += shifted(channel_[b].sum, static_cast<int>(b));
    return sum;
  }

 private:
  struct Channel {
    int pointer = 0;
    std::uint64_t ones = 0;  ///< of the 64 weights at this position
    std::int64_t sum = 0;
  };

  void start() override {
    channel_.assign(static_cast<std::size_t>(weight_bits_ - 1), {});
    for (std::size_t b = 0; b < channel_.size(); ++b) {
      for (int i = 0; i < kPairs; ++i)
        channel_[b].ones |= std::uint64_t{(weight_magnitude(i) >> b) & 1u} << i;
    }
  }

  std::vector<Channel> channel_;
};

class Bitlet final : public WeightTimedKind {
 public:
  Bitlet() noexcept : WeightTimedKind("bitlet", {2021, 10}, kPairs) {}

  void check_lanes(int lanes) const override { require(lanes == kPairs, name(), "lanes", lanes, "64"); }
  int terms_per_cycle(const Baseline& /*baseline*/, int weight_bits) const override {
    return weight_bits - 1;  // the channels
  }
  std::unique_ptr<SteppingPe> make_pe(const Baseline& b, const BaselineLayer& layer) const override {
    return std::make_unique<BitletPe>(b.lanes, layer.weight_bits);
  }
  Structure structure(const Baseline& b, const BaselineWidths& widths) const override {
    constexpr int kNegators = 16;  // N_input: the activations that arrive a cycle
    const int magnitude_bits = widths.weight_bits - 1;
    const int value = lane_bits(widths.width) + 1, index = stages(kPairs);
    // Two ones found; the lane and the next pointer; pointer and pick, which is nothing of an empty window.
    const Logic search = 2 * leading_one(kWindow) + adders(2.0 * index + 1) + gates(value);
    const double bits = index + 1.0 + value;
    Structure s(b.lanes, widths);
    s.term = {double(magnitude_bits),
              search + held_registers(bits) + window(kWindow, index) + muxes((kPairs - 1.0) * value),
              search + registers(bits) + muxes(double(kWindow) * index) + muxes(double(index) * value)};
    s.sum_bits = value + magnitude_bits;
    // Inputs are shifted by wiring: the bits below are missing.
    s.tree = adder_tree(magnitude_bits, s.sum_bits, magnitude_bits * (magnitude_bits - 1) / 2);
    const Logic negator = negation(value) + gates(2.0 * value);
    s.pair = {double(b.lanes),
              held_registers(value + magnitude_bits) + (kNegators / double(kPairs)) * negator,
              registers(value + magnitude_bits) + negator};
    return s;
  }

 protected:
  void raise_to_group_cycles(const Baseline& /*baseline*/, const BaselineLayer& layer,
                             const std::int16_t* weights, std::uint16_t* cost) const override {
    raise_by_slowest(layer.weight_bits, weights, layer.kernel, cost);
  }
  std::int64_t channel_terms(const Baseline& /*baseline*/, const BaselineLayer& layer,
                             const std::int16_t* weights) const override {
    return sum_of_ones(weights, layer.kernel);
  }
};

const Bitlet bitlet;

}  // namespace
}  // namespace bitbalance::baselines
