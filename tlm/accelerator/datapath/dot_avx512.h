// What the versions of the dot kernel with vectors of 512 bits have in common.
#pragma once

#include <immintrin.h>

#include "tlm/accelerator/datapath/dot_block.h"

namespace bitbalance::tlm_level {
namespace {

struct Avx512 {
  using Type = __m512i;
  static constexpr std::size_t kWords = 16;
  static Type load(const std::uint32_t* words) { return _mm512_loadu_si512(words); }
  static void store(std::uint32_t* words, Type v) { _mm512_storeu_si512(words, v); }
  static Type broadcast(std::uint32_t word) { return _mm512_set1_epi32(static_cast<int>(word)); }
};

}  // namespace
}  // namespace bitbalance::tlm_level
