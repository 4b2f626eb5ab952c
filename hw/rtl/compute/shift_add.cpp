#include "hw/rtl/compute/shift_add.h"

#include <algorithm>
#include <cstring>

#include "base/vector_clones.h"

namespace bitbalance::rtl {
namespace {

/// Rows that have a bit each in a word.
constexpr int kRowsOfWord = 64;
static_assert(AcceleratorConfig::kMaxRows % kRowsOfWord == 0 && kTokenValid == 1 << 7);

/// A bit for each of the first `rows` rows, at most kRowsOfWord, set where it has a token. Eight flags are
/// gathered by one product.
[[gnu::always_inline]] inline std::uint64_t performing_rows(const TokenBits* token, int rows) {
  std::uint64_t performing = 0;
  for (int row = 0; row < rows; row += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, &token[row], sizeof eight);
    const std::uint64_t flags = eight >> 7 & 0x0101010101010101u;
    performing |= flags * 0x0102040810204080u >> 56 << row;
  }
  return rows == kRowsOfWord ? performing : performing & ((std::uint64_t{1} << rows) - 1);
}

/// The lanes of one operation of the widest vector units; narrower ones take several.
template <class Word>
struct VectorOf {
  static constexpr std::size_t kBytes = 64;
  typedef Word Type __attribute__((vector_size(kBytes)));  // NOLINT: the attribute wants a typedef
};

template <int Blocks, class Word>
[[gnu::always_inline]] inline int shift_add_blocks(Word* accumulator, std::size_t pitch, const Word* addends,
                                                   const TokenBits* token, int rows) {
  using Vector = typename VectorOf<Word>::Type;
  constexpr std::size_t kLanes = sizeof(Vector) / sizeof(Word);
  constexpr std::size_t kVectors = Blocks * kLaneBlock / kLanes;
  // All rows add the same activations: they stay in registers.
  std::array<Vector, kVectors> addend;
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kVectors; ++i) std::memcpy(&addend[i], addends + i * kLanes, sizeof(Vector));
  int tokens = 0;
  for (int first = 0; first < rows; first += kRowsOfWord, token += kRowsOfWord) {
    // Only rows with a token are visited: a branch in every row would be mispredicted too often.
    const std::uint64_t performing = performing_rows(token, std::min(kRowsOfWord, rows - first));
    tokens += __builtin_popcountll(performing);
    for (std::uint64_t left = performing; left != 0; left &= left - 1) {
      const auto row = static_cast<std::size_t>(__builtin_ctzll(left));
      // One product instead of a shift and a negation.
      const Word power = Word{1} << (token[row] & kTokenPosition);
      const Word factor = (token[row] & kTokenNegative) != 0 ? Word{0} - power : power;
      Word* const sums = accumulator + (static_cast<std::size_t>(first) + row) * pitch;
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kVectors; ++i) {
        Vector sum;
        std::memcpy(&sum, sums + i * kLanes, sizeof sum);
        sum += addend[i] * factor;
        std::memcpy(sums + i * kLanes, &sum, sizeof sum);
      }
    }
  }
  return tokens;
}

/// The most blocks of lanes whose activations fit the registers.
constexpr int kMostBlocks = 8;

/// A constant number of lanes for the compiler to unroll.
template <class Word>
[[gnu::always_inline]] inline int shift_add_lanes(Word* accumulator, std::size_t pitch, const Word* addends,
                                                  const TokenBits* token, int rows, std::size_t blocks) {
  switch (blocks) {
    case 1:
      return shift_add_blocks<1>(accumulator, pitch, addends, token, rows);
    case 2:
      return shift_add_blocks<2>(accumulator, pitch, addends, token, rows);
    case 3:
      return shift_add_blocks<3>(accumulator, pitch, addends, token, rows);
    case 4:
      return shift_add_blocks<4>(accumulator, pitch, addends, token, rows);
    case 5:
      return shift_add_blocks<5>(accumulator, pitch, addends, token, rows);
    case 6:
      return shift_add_blocks<6>(accumulator, pitch, addends, token, rows);
    case 7:
      return shift_add_blocks<7>(accumulator, pitch, addends, token, rows);
    default:
      return shift_add_blocks<kMostBlocks>(accumulator, pitch, addends, token, rows);
  }
}

template <class Word>
[[gnu::always_inline]] inline int shift_add_rows(Word* accumulator, std::size_t pitch,
                                                 const Addends<Word>& addends, const TokenBits* token,
                                                 int rows, int lanes) {
  constexpr std::size_t kLanes = kMostBlocks * kLaneBlock;
  std::size_t blocks = whole_blocks(lanes) / kLaneBlock;
  std::size_t lane = 0;
  for (; blocks > kMostBlocks; blocks -= kMostBlocks, lane += kLanes)
    shift_add_blocks<kMostBlocks>(accumulator + lane, pitch, addends.data() + lane, token, rows);
  return shift_add_lanes(accumulator + lane, pitch, addends.data() + lane, token, rows, blocks);
}

template <class Word>
[[gnu::always_inline]] inline void expand_lanes(const std::int16_t* __restrict activation, int lanes,
                                                Word* __restrict addend) {
  const std::size_t count = whole_blocks(lanes);
  for (std::size_t lane = 0; lane < count; ++lane) addend[lane] = static_cast<Word>(activation[lane]);
}

}  // namespace

BITBALANCE_VECTOR_CLONES
int shift_add(std::uint32_t* accumulator, std::size_t pitch, const Addends<std::uint32_t>& addends,
              const TokenBits* token, int rows, int lanes) {
  return shift_add_rows(accumulator, pitch, addends, token, rows, lanes);
}

BITBALANCE_VECTOR_CLONES
int shift_add(std::uint64_t* accumulator, std::size_t pitch, const Addends<std::uint64_t>& addends,
              const TokenBits* token, int rows, int lanes) {
  return shift_add_rows(accumulator, pitch, addends, token, rows, lanes);
}

BITBALANCE_VECTOR_CLONES
void expand(const ActivationVector& activations, int lanes, Addends<std::uint32_t>& addends) {
  expand_lanes(activations.lane.data(), lanes, addends.data());
}

BITBALANCE_VECTOR_CLONES
void expand(const ActivationVector& activations, int lanes, Addends<std::uint64_t>& addends) {
  expand_lanes(activations.lane.data(), lanes, addends.data());
}

}  // namespace bitbalance::rtl
