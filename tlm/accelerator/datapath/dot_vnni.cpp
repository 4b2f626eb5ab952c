#include "tlm/accelerator/datapath/dot_avx512.h"

namespace bitbalance::tlm_level {
namespace {

// Neither saturates between or after its sums.
struct VnniPairs : Avx512 {
  static Type multiply_add(Type sum, Type a, Type b) { return _mm512_dpwssd_epi32(sum, a, b); }
};
struct VnniQuads : Avx512 {
  static Type multiply_add(Type sum, Type a, Type b) { return _mm512_dpbusd_epi32(sum, a, b); }
};

template <class Vector>
void dot(const DotOperands& operands) {
  dot_lanes<Vector, 8, 3>(operands, 0);
}

}  // namespace

Dot vnni_dot(WordFormat format) {
  if (__builtin_cpu_supports("avx512bw") == 0 || __builtin_cpu_supports("avx512vnni") == 0) return nullptr;
  return format == WordFormat::kPairs ? dot<VnniPairs> : dot<VnniQuads>;
}

}  // namespace bitbalance::tlm_level
