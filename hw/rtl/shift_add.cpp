#include "hw/rtl/shift_add.h"

#include <array>

#include "hw/core/vector_clones.h"

namespace bitbalance::rtl {
namespace {

template <class Word>
[[gnu::always_inline]] inline int shift_add_rows(Word* accumulator, std::size_t pitch, Addends<Word> addends,
                                                 const TokenBits* token, int rows, int lanes) {
  // Rows without a token are sorted out first: one unpredictable branch a row would cost more than its
  // additions.
  std::array<std::uint8_t, AcceleratorConfig::kMaxRows> performing;
  int performed = 0;
  for (int row = 0; row < rows; ++row) {
    performing[static_cast<std::size_t>(performed)] = static_cast<std::uint8_t>(row);
    performed += token[row] >> 7;
  }
  static_assert(kTokenValid == 1 << 7);
  const std::size_t count = whole_blocks(lanes);
  const Word* const addend_of_sign[2] = {addends.positive, addends.negative};
  for (int i = 0; i < performed; ++i) {
    const std::size_t row = performing[static_cast<std::size_t>(i)];
    const TokenBits bits = token[row];
    const Word* __restrict addend = addend_of_sign[(bits & kTokenNegative) != 0];
    const int position = bits & kTokenPosition;
    Word* __restrict sum = accumulator + row * pitch;
    for (std::size_t lane = 0; lane < count; ++lane) sum[lane] += addend[lane] << position;
  }
  return performed;
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
