// The golden model's integer arithmetic: requantization, clipping, wrapping sums. Shared by whole tensors and
// single elements, with nothing of hw/.
#pragma once

#include <algorithm>
#include <cstdint>

#include "quant/ir/quantized_network.h"
#include "testbench/golden/names.h"

namespace bitbalance::golden {

__extension__ using Wide = __int128;  // a 48-bit sum times a 16-bit multiplier

/// floor((value * multiplier + half) / 2^shift): rounding to nearest, halves up.
inline Wide rescaled(std::int64_t value, const Rescale& rescale) {
  const Wide divisor = Wide{1} << rescale.shift;
  const Wide numerator = Wide{value} * rescale.multiplier + (rescale.shift > 0 ? divisor / 2 : 0);
  const Wide quotient = numerator / divisor;
  return quotient * divisor > numerator ? quotient - 1 : quotient;
}

inline std::int32_t clamped(Wide value, const QuantizedLayer& layer) {
  return static_cast<std::int32_t>(std::clamp<Wide>(value, layer.clip_low, layer.clip_high));
}

/// What a layer's table has for a code: entry code mod 256, or, of 257 points 256 codes apart, the two beside
/// the code, each weighed by how near it is, rounded to nearest, halves up.
inline std::int32_t looked_up(std::int32_t code, const QuantizedLayer& layer) {
  constexpr std::int32_t kSpan = 256;
  if (layer.table.size() == kSpan) return layer.table[(code + kSpan) % kSpan];
  const std::int32_t above = code + 32768;
  const std::int32_t point = above / kSpan, share = above % kSpan;
  const std::int64_t weighed =
      std::int64_t{layer.table[point]} * (kSpan - share) + std::int64_t{layer.table[point + 1]} * share;
  return static_cast<std::int32_t>(rescaled(weighed, {1, 8}));
}

/// A result of the sum, the residual operand or the input: clipped, and what the table has for it.
inline std::int32_t finished(Wide value, const QuantizedLayer& layer) {
  const std::int32_t clipped = clamped(value, layer);
  return layer.table.empty() ? clipped : looked_up(clipped, layer);
}

/// A sum of the vector unit.
inline std::int32_t added(std::int32_t input, std::int32_t operand, const QuantizedLayer& layer) {
  return clamped(rescaled(input, layer.rescale[0]) + rescaled(operand, layer.operand_rescale), layer);
}

/// A window of pooling, element by element of those inside the input; any order gives the same.
class PooledWindow {
 public:
  void take(std::int32_t element) {
    largest_ = count_ == 0 ? element : std::max(largest_, element);
    sum_ += element;
    ++count_;
  }

  /// The largest element, or the sum divided by as many as count; of none, 0.
  std::int32_t result(const QuantizedLayer& layer) const {
    if (layer.op == LayerOp::kMaxPool) return clamped(largest_, layer);
    const std::int64_t divisor = layer.count_include_pad ? layer.window.area() : count_;
    return clamped(divisor == 0 ? Wide{0} : rescaled(sum_, layer.rescale[divisor - 1]), layer);
  }

 private:
  std::int64_t sum_ = 0, count_ = 0;
  std::int32_t largest_ = 0;
};

/// The number of `bits` bits, two's complement, that equals `value` modulo 2^bits; 0: value itself.
inline std::int64_t wrapped(std::int64_t value, int bits) {
  if (bits == 0) return value;
  const std::int64_t modulus = std::int64_t{1} << bits;
  const std::int64_t remainder = ((value % modulus) + modulus) % modulus;
  return remainder >= modulus / 2 ? remainder - modulus : remainder;
}

}  // namespace bitbalance::golden
