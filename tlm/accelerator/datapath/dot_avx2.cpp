#include <immintrin.h>

#include "tlm/accelerator/datapath/dot_block.h"

namespace bitbalance::tlm_level {
namespace {

struct Avx2 {
  using Type = __m256i;
  static constexpr std::size_t kWords = 8;
  static Type load(const std::uint32_t* words) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words));
  }
  static void store(std::uint32_t* words, Type v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words), v);
  }
  static Type broadcast(std::uint32_t word) { return _mm256_set1_epi32(static_cast<int>(word)); }
  static Type multiply_add(Type sum, Type a, Type b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
};

void dot(const DotOperands& operands) {
  dot_lanes<Avx2, 4, 2>(operands, 0);
}

}  // namespace

Dot avx2_dot(WordFormat format) {
  return format == WordFormat::kPairs && __builtin_cpu_supports("avx2") != 0 ? dot : nullptr;
}

}  // namespace bitbalance::tlm_level
