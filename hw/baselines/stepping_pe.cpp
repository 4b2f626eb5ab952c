#include "hw/baselines/stepping_pe.h"

#include <algorithm>

namespace bitbalance::baselines {

LoadedPe::LoadedPe(int lanes, int weight_bits)
    : lanes_(lanes),
      weight_bits_(weight_bits),
      weight_(static_cast<std::size_t>(lanes)),
      activation_(weight_) {}

void LoadedPe::load(const std::int16_t* weights, const std::int16_t* activations) {
  std::copy(weights, weights + lanes_, weight_.begin());
  std::copy(activations, activations + lanes_, activation_.begin());
  sum_ = terms_ = 0;
  start();
}

bool ColumnPe::clock() {
  if (left_ == 0) return false;  // the cycle of a group without a column
  const int position = __builtin_ctz(left_);
  left_ &= left_ - 1;
  add_column(position);
  return left_ != 0;
}

Token pop(TokenMask& mask) {
  const int position = __builtin_ctz(mask.ones);
  const std::uint32_t bit = 1u << position;
  const Token token{(mask.negatives & bit) != 0, static_cast<std::uint8_t>(position)};
  mask.ones &= ~bit;
  return token;
}

}  // namespace bitbalance::baselines
