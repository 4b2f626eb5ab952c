#include "hw/baselines/group_cycles.h"

#include <algorithm>
#include <array>

#include "hw/core/tokens.h"
#include "hw/core/vector_clones.h"

namespace bitbalance {
namespace {

constexpr int kMostLanes = 256;

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

  int operator()(const std::int16_t* w, int /*lanes*/) const {
    std::array<std::uint16_t, kBitletPairs> m{};
    for (int i = 0; i < kBitletPairs; ++i) m[i] = magnitude(w[i]);
    std::array<std::uint8_t, 16> state{}, cycles{};
    for (int begin = 0; begin < kBitletPairs; begin += 8) {
      std::uint64_t low = 0, high = 0;
      for (int i = 0; i < 8; ++i) {
        low |= std::uint64_t{m[begin + i] & 0xffu} << (8 * i);
        high |= std::uint64_t{static_cast<std::uint64_t>(m[begin + i] >> 8)} << (8 * i);
      }
      low = transposed(low);
      if (channels > 8) high = transposed(high);
      for (int c = 0; c < channels; ++c) {
        const auto bits = static_cast<std::uint8_t>(c < 8 ? low >> (8 * c) : high >> (8 * (c - 8)));
        const std::uint8_t next = kBitletSearch.step[state[c]][bits];
        cycles[c] = static_cast<std::uint8_t>(cycles[c] + (next >> 4));
        state[c] = next & 15;
      }
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
inline __attribute__((always_inline)) void raise(const GroupCycles& cycles, int lanes,
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
/// Of each column the rarer bit.
BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_rarer(int weight_bits, int lanes, const std::int16_t* w, int count) {
  std::int64_t sum = 0;
  for (int begin = 0; begin < count; begin += lanes) {
    std::array<std::uint16_t, 16> ones_at{};
    for (int i = begin; i < std::min(begin + lanes, count); ++i) {
      for (int b = 0; b < 16; ++b)
        ones_at[b] = static_cast<std::uint16_t>(ones_at[b] + ((w[i] & (1 << b)) != 0 ? 1 : 0));
    }
    for (int b = 0; b < weight_bits; ++b) sum += std::min<int>(ones_at[b], lanes - ones_at[b]);
  }
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

}  // namespace bitbalance
