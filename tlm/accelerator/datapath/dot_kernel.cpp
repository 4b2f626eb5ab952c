#include "tlm/accelerator/datapath/dot_kernel.h"

#include <initializer_list>

namespace bitbalance::tlm_level {
namespace {

struct Pairs {
  static std::int32_t weight(std::uint32_t word, int part) {
    return static_cast<std::int16_t>(word >> 16 * part);
  }
  static std::int32_t activation(std::uint32_t word, int part) { return weight(word, part); }
  static constexpr int kParts = parts(WordFormat::kPairs);
};

struct Quads {
  static std::int32_t weight(std::uint32_t word, int part) {
    return static_cast<std::int8_t>(word >> 8 * part);
  }
  static std::int32_t activation(std::uint32_t word, int part) {
    return static_cast<std::uint8_t>(word >> 8 * part);
  }
  static constexpr int kParts = parts(WordFormat::kQuads);
};

template <class Format>
void dot(const DotOperands& o) {
  const std::size_t lanes = static_cast<std::size_t>(o.vectors) * kLaneVector;
  for (int row = 0; row < o.rows; ++row) {
    std::uint32_t* const sums = o.sums + static_cast<std::size_t>(row) * o.sum_pitch;
    for (int k = 0; k < o.words; ++k) {
      const std::uint32_t word = o.weights[k * kRowBlock + row];
      const std::uint32_t* const activations = o.activations + o.taps[k];
      for (int part = 0; part < Format::kParts; ++part) {
        const std::int32_t weight = Format::weight(word, part);
        for (std::size_t lane = 0; lane < lanes; ++lane)
          sums[lane] += static_cast<std::uint32_t>(weight * Format::activation(activations[lane], part));
      }
    }
  }
}

}  // namespace

Dot portable_dot(WordFormat format) {
  return format == WordFormat::kPairs ? dot<Pairs> : dot<Quads>;
}

#if !defined(BITBALANCE_X86_KERNELS)
Dot avx2_dot(WordFormat /*format*/) {
  return nullptr;
}
Dot avx512_dot(WordFormat /*format*/) {
  return nullptr;
}
Dot vnni_dot(WordFormat /*format*/) {
  return nullptr;
}
#endif

Dot fastest_dot(WordFormat format) {
  for (const auto version : {vnni_dot, avx512_dot, avx2_dot}) {
    if (const Dot dot = version(format)) return dot;
  }
  return portable_dot(format);
}

bool has_fast_quads() {
  return vnni_dot(WordFormat::kQuads) != nullptr;
}

}  // namespace bitbalance::tlm_level
