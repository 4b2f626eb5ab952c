#include "tlm/accelerator/dot_kernel.h"

namespace bitbalance::tlm_level {
namespace {

constexpr std::int32_t low_half(std::uint32_t pair) {
  return static_cast<std::int16_t>(pair & 0xffff);
}
constexpr std::int32_t high_half(std::uint32_t pair) {
  return static_cast<std::int16_t>(pair >> 16);
}

using Dot = void (*)(const DotOperands&);

Dot fastest() {
  if (has_avx512()) return dot_avx512;
  return has_avx2() ? dot_avx2 : dot_portable;
}

}  // namespace

void dot_portable(const DotOperands& o) {
  const std::size_t lanes = static_cast<std::size_t>(o.vectors) * kLaneVector;
  for (int row = 0; row < o.rows; ++row) {
    std::uint32_t* const sums = o.sums + static_cast<std::size_t>(row) * o.sum_pitch;
    for (int k = 0; k < o.pairs; ++k) {
      const std::uint32_t pair = o.weights[static_cast<std::size_t>(row) * o.weight_pitch + k];
      const std::uint32_t* const activation = o.activations + static_cast<std::size_t>(k) * o.lane_pitch;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        sums[lane] += static_cast<std::uint32_t>(low_half(pair) * low_half(activation[lane])) +
                      static_cast<std::uint32_t>(high_half(pair) * high_half(activation[lane]));
      }
    }
  }
}

#if defined(BITBALANCE_X86_KERNELS)
bool has_avx2() {
  return __builtin_cpu_supports("avx2") != 0;
}
bool has_avx512() {
  return __builtin_cpu_supports("avx512bw") != 0;
}
#else
bool has_avx2() {
  return false;
}
bool has_avx512() {
  return false;
}
void dot_avx2(const DotOperands& operands) {
  dot_portable(operands);
}
void dot_avx512(const DotOperands& operands) {
  dot_portable(operands);
}
#endif

void dot(const DotOperands& operands) {
  static const Dot kernel = fastest();
  kernel(operands);
}

}  // namespace bitbalance::tlm_level
