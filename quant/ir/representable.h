// Which integers a bit-balanced weight can be: at most nnzb tokens in a sign-magnitude number of weight_bits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "quant/ir/quantized_network.h"

namespace bitbalance::ir {

/// Tokens of a weight: ones of its magnitude (kBinary) or non-zero digits of its canonical signed-digit form
/// (kSignedDigit: no two neighbours non-zero, which is the fewest possible). A zero weight has none.
int token_count(std::int32_t weight, TokenForm form);

/// Whether no weight has a magnitude above `largest` or more than `nnzb` tokens.
bool are_representable(const std::int16_t* weights, std::size_t count, int largest, int nnzb, TokenForm form);

/// The magnitudes 0 .. 2^(weight_bits - 1) - 1 of at most nnzb tokens, and rounding to them.
class RepresentableSet {
 public:
  /// weight_bits 2..16, nnzb 1..weight_bits - 1; throws std::invalid_argument otherwise.
  RepresentableSet(int weight_bits, int nnzb, TokenForm form);

  /// Ascending, starting with 0.
  const std::vector<std::int32_t>& magnitudes() const { return magnitudes_; }

  /// The representable weight nearest to `value` of all; of two equally near the smaller magnitude. Values
  /// beyond the largest magnitude saturate. Not for NaN.
  std::int32_t nearest(double value) const {
    return value < 0 ? -nearest_magnitude(-value) : nearest_magnitude(value);
  }

  /// The same for a value that is not negative. Without a branch, so that loops of it become vector code.
  std::int32_t nearest_magnitude(double value) const { return nearest_[interval(std::min(value, largest_))]; }

 private:
  /// Rounding thresholds are midpoints of integers, multiples of 1/2; so all values of (i / 2, (i + 1) / 2]
  /// round alike, and 0 as those of interval 0.
  static int interval(double value) {
    const double halves = value * 2;
    const int below = static_cast<int>(halves);
    const int is_end = static_cast<int>(below > 0) & static_cast<int>(static_cast<double>(below) == halves);
    return below - is_end;
  }

  std::vector<std::int32_t> magnitudes_;
  std::vector<std::int32_t> nearest_;  ///< by interval
  double largest_ = 0;
};

}  // namespace bitbalance::ir
