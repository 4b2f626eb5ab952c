#include "tlm/accelerator/datapath/dot_avx512.h"

namespace bitbalance::tlm_level {
namespace {

struct Avx512Pairs : Avx512 {
  static Type multiply_add(Type sum, Type a, Type b) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(a, b));
  }
};

void dot(const DotOperands& operands) {
  dot_lanes<Avx512Pairs, 8, 3>(operands, 0);
}

}  // namespace

Dot avx512_dot(WordFormat format) {
  return format == WordFormat::kPairs && __builtin_cpu_supports("avx512bw") != 0 ? dot : nullptr;
}

}  // namespace bitbalance::tlm_level
