#include "hw/baselines/group_cycles.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/vector_clones.h"
#include "hw/isa/tokens.h"

namespace bitbalance::baselines {
namespace {

constexpr int kMostLanes = 256;
constexpr int kUsualLanes = 16;  ///< known to the compiler, groups become vector code
constexpr int kBitWaveLanes = 8;

constexpr std::uint16_t magnitude(std::int16_t weight) {
  return static_cast<std::uint16_t>(weight < 0 ? -weight : weight);
}

constexpr std::uint16_t mask_of(int weight_bits) {
  return static_cast<std::uint16_t>((1u << weight_bits) - 1);
}

/// Ones of a 16-bit word, without a table: the loop around it becomes vector code.
constexpr std::uint16_t ones(std::uint16_t v) {
  v = static_cast<std::uint16_t>(v - ((v >> 1) & 0x5555));
  v = static_cast<std::uint16_t>((v & 0x3333) + ((v >> 2) & 0x3333));
  v = static_cast<std::uint16_t>((v + (v >> 4)) & 0x0f0f);
  return static_cast<std::uint16_t>((v + (v >> 8)) & 0x1f);
}

struct Pragmatic {
  /// (3m xor m) has a one for each signed digit of m; 17 bits of it matter.
  static constexpr std::uint16_t digits(std::uint16_t m) {
    const auto triple = static_cast<std::uint32_t>(3 * m);
    return static_cast<std::uint16_t>((triple ^ m) >> 1);
  }
  TokenForm form;
  int operator()(const std::int16_t* w, int lanes) const {
    std::uint16_t most = 1;
    if (form == TokenForm::kBinary) {
      for (int i = 0; i < lanes; ++i) most = std::max(most, ones(magnitude(w[i])));
    } else {
      for (int i = 0; i < lanes; ++i) most = std::max(most, ones(digits(magnitude(w[i]))));
    }
    return most;
  }
};

/// A channel's search through the 64 bits of its position, a byte at a time. A window starts at a pointer and
/// holds 8 bits: its first one is picked, and the pointer moves to its second one, or by 8. State: bits of
/// the window seen so far (0..7), and whether a one is among them.
struct BitletSearch {
  static constexpr int kStates = 2 * kBitletWindow;
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
          if (++seen == kBitletWindow) {
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

struct Bitlet {
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
    std::array<std::uint8_t, kBitletPairs> low_bytes{}, high_bytes{};
    for (int i = 0; i < kBitletPairs; ++i) low_bytes[i] = static_cast<std::uint8_t>(magnitude(w[i]));
    if (channels > 8) {
      for (int i = 0; i < kBitletPairs; ++i) high_bytes[i] = static_cast<std::uint8_t>(magnitude(w[i]) >> 8);
    }
    std::array<std::uint8_t, 16> state{}, cycles{};
    for (int begin = 0; begin < kBitletPairs; begin += 8) {
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

struct BitWave {
  int operator()(const std::int16_t* w, int lanes) const {
    std::uint16_t columns = 0;
    for (int i = 0; i < lanes; ++i) columns = static_cast<std::uint16_t>(columns | magnitude(w[i]));
    return std::max<int>(ones(columns), 1);
  }
};

struct BitVert {
  /// min(ones, zeros) is at most half of the lanes: 0 cycles where all bits of a column are equal, else 1.
  std::uint16_t weight_mask;
  int operator()(const std::int16_t* w, int lanes) const {
    std::uint16_t any = 0, all = 0xffff;
    for (int i = 0; i < lanes; ++i) {
      const auto bits = static_cast<std::uint16_t>(w[i]);
      any = static_cast<std::uint16_t>(any | bits);
      all = static_cast<std::uint16_t>(all & bits);
    }
    return std::max<int>(ones(static_cast<std::uint16_t>(any & ~all & weight_mask)), 1);
  }
};

template <class GroupCycles>
inline __attribute__((always_inline)) void raise_groups(const GroupCycles& cycles, int lanes,
                                                        const std::int16_t* weights, int count,
                                                        std::uint16_t* cost) {
  const int full = count / lanes;
  for (int g = 0; g < full; ++g) {
    const std::int16_t* first = weights + std::ptrdiff_t{g} * lanes;
    cost[g] = std::max(cost[g], static_cast<std::uint16_t>(cycles(first, lanes)));
  }
  if (count % lanes == 0) return;
  std::array<std::int16_t, kMostLanes> padded{};
  std::copy(weights + std::ptrdiff_t{full} * lanes, weights + count, padded.begin());
  cost[full] = std::max(cost[full], static_cast<std::uint16_t>(cycles(padded.data(), lanes)));
}

template <class GroupCycles>
inline __attribute__((always_inline)) void raise(const GroupCycles& cycles, int lanes,
                                                 const std::int16_t* weights, int count,
                                                 std::uint16_t* cost) {
  if (lanes == kUsualLanes) return raise_groups(cycles, kUsualLanes, weights, count, cost);
  if (lanes == kBitWaveLanes) return raise_groups(cycles, kBitWaveLanes, weights, count, cost);
  raise_groups(cycles, lanes, weights, count, cost);
}

BITBALANCE_VECTOR_CLONES
void raise_pragmatic(TokenForm form, int lanes, const std::int16_t* w, int count, std::uint16_t* cost) {
  raise(Pragmatic{form}, lanes, w, count, cost);
}
BITBALANCE_VECTOR_CLONES
void raise_bitlet(int weight_bits, int lanes, const std::int16_t* w, int count, std::uint16_t* cost) {
  raise(Bitlet{weight_bits - 1}, lanes, w, count, cost);
}
BITBALANCE_VECTOR_CLONES
void raise_bitwave(int lanes, const std::int16_t* w, int count, std::uint16_t* cost) {
  raise(BitWave{}, lanes, w, count, cost);
}
BITBALANCE_VECTOR_CLONES
void raise_bitvert(int weight_bits, int lanes, const std::int16_t* w, int count, std::uint16_t* cost) {
  raise(BitVert{mask_of(weight_bits)}, lanes, w, count, cost);
}

template <class Count>
inline __attribute__((always_inline)) std::int64_t sum_of(const Count& count_of, const std::int16_t* w,
                                                          int count) {
  std::int64_t sum = 0;
  constexpr int kPart = 1024;  // 16 ones each: the sum of a part fits the 16-bit lanes of vector code
  for (int begin = 0; begin < count; begin += kPart) {
    std::uint16_t part = 0;
    for (int i = begin; i < std::min(begin + kPart, count); ++i)
      part = static_cast<std::uint16_t>(part + count_of(w[i]));
    sum += part;
  }
  return sum;
}

BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_nonzero(const std::int16_t* w, int count) {
  return sum_of([](std::int16_t v) { return static_cast<std::uint16_t>(v != 0 ? 1 : 0); }, w, count);
}
BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_ones(const std::int16_t* w, int count) {
  return sum_of([](std::int16_t v) { return ones(magnitude(v)); }, w, count);
}
BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_digits(const std::int16_t* w, int count) {
  return sum_of([](std::int16_t v) { return ones(Pragmatic::digits(magnitude(v))); }, w, count);
}
BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_masked_ones(std::uint16_t mask, const std::int16_t* w, int count) {
  return sum_of([mask](std::int16_t v) { return ones(static_cast<std::uint16_t>(v & mask)); }, w, count);
}
/// How often the rarer bit of each column occurs in a group, added up: any number of lanes.
std::int64_t rarer_bits(int weight_bits, int lanes, const std::int16_t* w, int count) {
  std::array<int, 16> ones_at{};
  for (int i = 0; i < count; ++i) {
    for (int b = 0; b < weight_bits; ++b) ones_at[b] += (w[i] >> b) & 1;
  }
  std::int64_t sum = 0;
  for (int b = 0; b < weight_bits; ++b) sum += std::min(ones_at[b], lanes - ones_at[b]);
  return sum;
}

/// The same for 16 weights, by carry-save adders: bit b of plane p is bit p of the number of ones in column
/// b. Four weights stand side by side in a word until the last two additions.
inline __attribute__((always_inline)) int rarer_bits_of_16(std::uint64_t mask, const std::int16_t* w) {
  std::array<std::uint64_t, 4> v{};
  std::memcpy(v.data(), w, sizeof v);
  const std::uint64_t half = v[0] ^ v[1], odd = half ^ v[2], pair = (v[0] & v[1]) | (half & v[2]);
  std::uint64_t p1 = odd ^ v[3], p2 = pair ^ (odd & v[3]), p4 = pair & odd & v[3], p8 = 0;
  const auto add_shifted = [&](int bits) {
    const std::uint64_t q1 = p1 >> bits, q2 = p2 >> bits, q4 = p4 >> bits, q8 = p8 >> bits;
    const std::uint64_t c1 = p1 & q1, s2 = p2 ^ q2, c2 = (p2 & q2) | (s2 & c1);
    const std::uint64_t s4 = p4 ^ q4, c4 = (p4 & q4) | (s4 & c2);
    p1 ^= q1;
    p2 = s2 ^ c1;
    p4 = s4 ^ c2;
    p8 ^= q8 ^ c4;  // 16 ones leave none of the planes set, as none do
  };
  add_shifted(32);
  add_shifted(16);
  const auto difference = [&](std::uint64_t plane) {
    return __builtin_popcountll(plane & ~p8 & mask) - __builtin_popcountll(plane & p8 & mask);
  };
  return 8 * __builtin_popcountll(p8 & mask) + difference(p1) + 2 * difference(p2) + 4 * difference(p4);
}

BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_rarer(int weight_bits, int lanes, const std::int16_t* w, int count) {
  std::int64_t sum = 0;
  int begin = 0;
  if (lanes == kUsualLanes) {
    for (; begin + lanes <= count; begin += lanes) sum += rarer_bits_of_16(mask_of(weight_bits), w + begin);
  }
  for (; begin < count; begin += lanes)
    sum += rarer_bits(weight_bits, lanes, w + begin, std::min(lanes, count - begin));
  return sum;
}

void raise_to(int cycles, int lanes, int count, std::uint16_t* cost) {
  for (int g = 0; g * lanes < count; ++g) cost[g] = std::max(cost[g], static_cast<std::uint16_t>(cycles));
}

}  // namespace

int term_count(std::int32_t value, TokenForm form) {
  return __builtin_popcount(token_mask(value, form).ones);
}

void raise_to_group_cycles(const Baseline& baseline, int weight_bits, const std::int16_t* weights, int count,
                           std::uint16_t* cost) {
  const int lanes = baseline.lanes;
  switch (baseline.kind) {
    case BaselineKind::kDense:
      return raise_to(1, lanes, count, cost);
    case BaselineKind::kStripes:
      return raise_to(weight_bits, lanes, count, cost);
    case BaselineKind::kPragmatic:
      return raise_pragmatic(baseline.terms, lanes, weights, count, cost);
    case BaselineKind::kBitlet:
      return raise_bitlet(weight_bits, lanes, weights, count, cost);
    case BaselineKind::kBitWave:
      return raise_bitwave(lanes, weights, count, cost);
    case BaselineKind::kBitVert:
      return raise_bitvert(weight_bits, lanes, weights, count, cost);
    case BaselineKind::kLaconic:
    case BaselineKind::kCount:
      return;
  }
}

std::int64_t row_terms(const Baseline& baseline, int weight_bits, const std::int16_t* weights, int count) {
  switch (baseline.kind) {
    case BaselineKind::kDense:
      return sum_of_nonzero(weights, count);
    case BaselineKind::kStripes:
      return sum_of_masked_ones(mask_of(weight_bits), weights, count);
    case BaselineKind::kPragmatic:
      if (baseline.terms == TokenForm::kSignedDigit) return sum_of_digits(weights, count);
      return sum_of_ones(weights, count);
    case BaselineKind::kBitlet:
    case BaselineKind::kBitWave:
      return sum_of_ones(weights, count);
    case BaselineKind::kBitVert:
      return sum_of_rarer(weight_bits, baseline.lanes, weights, count);
    case BaselineKind::kLaconic:
    case BaselineKind::kCount:
      break;
  }
  return 0;
}

}  // namespace bitbalance::baselines
