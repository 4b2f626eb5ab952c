#include "hw/rtl/shift_add.h"

#include <array>

#include "base/vector_clones.h"

namespace bitbalance::rtl {
namespace {

template <int Blocks, class Word>
[[gnu::always_inline]] inline int shift_add_blocks(Word* accumulator, std::size_t pitch,
                                                   Addends<Word> addends, const TokenBits* token, int rows) {
  static_assert(kTokenValid == 1 << 7);
  // Rows without a token are sorted out first, because a branch in every row would be mispredicted too often.
  std::array<std::uint8_t, AcceleratorConfig::kMaxRows> performing;
  std::size_t performed = 0;
  for (int row = 0; row < rows; ++row) {
    performing[performed] = static_cast<std::uint8_t>(row);
    performed += token[row] >> 7;
  }
  const Word* const addend_of_sign[2] = {addends.positive, addends.negative};
  for (std::size_t i = 0; i < performed; ++i) {
    const std::size_t row = performing[i];
    const TokenBits bits = token[row];
    const Word* __restrict addend = addend_of_sign[(bits & kTokenNegative) != 0];
    const int position = bits & kTokenPosition;
    Word* __restrict sum = accumulator + row * pitch;
    for (std::size_t lane = 0; lane < Blocks * kLaneBlock; ++lane) sum[lane] += addend[lane] << position;
  }
  return static_cast<int>(performed);
}

/// A constant number of lanes for the compiler to unroll.
template <class Word>
[[gnu::always_inline]] inline int shift_add_rows(Word* accumulator, std::size_t pitch, Addends<Word> addends,
                                                 const TokenBits* token, int rows, int lanes) {
  static_assert(AcceleratorConfig::kMaxLanes == 8 * kLaneBlock);
  switch (whole_blocks(lanes) / kLaneBlock) {
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
      return shift_add_blocks<8>(accumulator, pitch, addends, token, rows);
  }
}

template <class Word>
[[gnu::always_inline]] inline void expand_lanes(const std::int16_t* __restrict activation, int lanes,
                                                Word* __restrict positive, Word* __restrict negative) {
  const std::size_t count = whole_blocks(lanes);
  for (std::size_t lane = 0; lane < count; ++lane) {
    const auto word = static_cast<Word>(activation[lane]);
    positive[lane] = word;
    negative[lane] = Word{0} - word;
  }
}

}  // namespace

BITBALANCE_VECTOR_CLONES
int shift_add(std::uint32_t* accumulator, std::size_t pitch, Addends<std::uint32_t> addends,
              const TokenBits* token, int rows, int lanes) {
  return shift_add_rows(accumulator, pitch, addends, token, rows, lanes);
}

BITBALANCE_VECTOR_CLONES
int shift_add(std::uint64_t* accumulator, std::size_t pitch, Addends<std::uint64_t> addends,
              const TokenBits* token, int rows, int lanes) {
  return shift_add_rows(accumulator, pitch, addends, token, rows, lanes);
}

BITBALANCE_VECTOR_CLONES
void expand(const std::int16_t* activation, int lanes, std::uint32_t* positive, std::uint32_t* negative) {
  expand_lanes(activation, lanes, positive, negative);
}

BITBALANCE_VECTOR_CLONES
void expand(const std::int16_t* activation, int lanes, std::uint64_t* positive, std::uint64_t* negative) {
  expand_lanes(activation, lanes, positive, negative);
}

}  // namespace bitbalance::rtl
