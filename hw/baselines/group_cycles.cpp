#include "hw/baselines/group_cycles.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "hw/core/tokens.h"
#include "hw/core/vector_clones.h"

namespace bitbalance {
namespace {

constexpr int kMostLanes = 256;

constexpr std::uint16_t magnitude(std::int16_t weight) {
  return static_cast<std::uint16_t>(weight < 0 ? -weight : weight);
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

struct Bitlet {
  /// Four counters of 4 bits fit a 16-bit lane: a window's ones at positions s, s + 4, s + 8 and s + 12 are
  /// counted together, 8 at most in each.
  static std::uint64_t ones_of_window(const std::uint16_t* magnitudes) {
    std::array<std::uint64_t, 2> words{};  // of four weights each
    std::memcpy(words.data(), magnitudes, sizeof words);
    std::uint64_t counters = 0;
    for (int s = 0; s < 4; ++s) {
      std::uint64_t found = ((words[0] >> s) & kNibbleOnes) + ((words[1] >> s) & kNibbleOnes);
      found += found >> 32;
      found += found >> 16;
      counters |= (found & 0xffff) << (16 * s);
    }
    return counters;
  }

  /// Positions that a weight does not have cost no more than empty ones.
  int operator()(const std::int16_t* w, int /*lanes*/) const {
    std::array<std::uint16_t, kBitletPairs> m{};
    for (int i = 0; i < kBitletPairs; ++i) m[i] = magnitude(w[i]);
    std::array<std::uint64_t, 2> cycles{};  // counters of 8 bits, at most 64 each
    for (int begin = 0; begin < kBitletPairs; begin += kBitletWindow) {
      std::uint64_t window = ones_of_window(&m[begin]);
      std::uint64_t found = window | window >> 1;
      found |= found >> 2;
      window |= ~found & kNibbleOnes;  // a window is looked at for at least a cycle
      cycles[0] += window & kLowNibbles;
      cycles[1] += (window >> 4) & kLowNibbles;
    }
    std::array<std::uint8_t, sizeof cycles> counter{};
    std::memcpy(counter.data(), cycles.data(), sizeof cycles);
    return *std::max_element(counter.begin(), counter.end());
  }

 private:
  static constexpr std::uint64_t kNibbleOnes = 0x1111111111111111;
  static constexpr std::uint64_t kLowNibbles = 0x0f0f0f0f0f0f0f0f;
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
void raise_bitlet(int lanes, const std::int16_t* w, int count, std::uint16_t* cost) {
  raise(Bitlet{}, lanes, w, count, cost);
}
BITBALANCE_VECTOR_CLONES
void raise_bitwave(int lanes, const std::int16_t* w, int count, std::uint16_t* cost) {
  raise(BitWave{}, lanes, w, count, cost);
}
BITBALANCE_VECTOR_CLONES
void raise_bitvert(int weight_bits, int lanes, const std::int16_t* w, int count, std::uint16_t* cost) {
  raise(BitVert{static_cast<std::uint16_t>((1u << weight_bits) - 1)}, lanes, w, count, cost);
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
      return raise_bitlet(lanes, weights, count, cost);
    case BaselineKind::kBitWave:
      return raise_bitwave(lanes, weights, count, cost);
    case BaselineKind::kBitVert:
      return raise_bitvert(weight_bits, lanes, weights, count, cost);
    case BaselineKind::kLaconic:
    case BaselineKind::kCount:
      return;
  }
}

}  // namespace bitbalance
