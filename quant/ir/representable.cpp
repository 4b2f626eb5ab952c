#include "quant/ir/representable.h"

#include <fmt/format.h>

#include <bitset>
#include <cstdlib>

#include "base/bits.h"
#include "base/text/config_error.h"
#include "base/vector_clones.h"

namespace bitbalance::ir {

int token_count(std::int32_t weight, TokenForm form) {
  return static_cast<int>(
      std::bitset<64>(token_marks(static_cast<std::uint64_t>(std::llabs(weight)), form)).count());
}

BITBALANCE_VECTOR_CLONES
bool are_representable(const std::int16_t* weights, std::size_t count, int largest, int nnzb,
                       TokenForm form) {
  const auto most = static_cast<std::uint32_t>(nnzb), limit = static_cast<std::uint32_t>(largest);
  std::uint32_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto magnitude = static_cast<std::uint32_t>(std::abs(int{weights[i]}));
    wrong |= static_cast<std::uint32_t>(magnitude > limit) |
             static_cast<std::uint32_t>(count_ones(token_marks(magnitude, form)) > most);
  }
  return wrong == 0;
}

RepresentableSet::RepresentableSet(int weight_bits, int nnzb, TokenForm form) {
  require(weight_bits >= 2 && weight_bits <= 16, "quantization", "weight_bits", weight_bits, "2 to 16");
  if (nnzb < 1 || nnzb > weight_bits - 1) {
    throw ConfigError(
        "quantization", "nnzb", fmt::format("{}", nnzb),
        fmt::format("1 to {}, the magnitude bits of a {}-bit weight", weight_bits - 1, weight_bits));
  }
  const std::int32_t limit = (1 << (weight_bits - 1)) - 1;
  for (std::int32_t magnitude = 0; magnitude <= limit; ++magnitude)
    if (token_count(magnitude, form) <= nnzb) magnitudes_.push_back(magnitude);
  largest_ = magnitudes_.back();

  std::size_t lower = 0;
  for (std::int32_t i = 0; i < 2 * magnitudes_.back(); ++i) {
    // Twice the upper end of interval i is i + 1, and of two neighbours the lower wins up to their midpoint.
    while (lower + 1 < magnitudes_.size() && i + 1 > magnitudes_[lower] + magnitudes_[lower + 1]) ++lower;
    nearest_.push_back(magnitudes_[lower]);
  }
}

}  // namespace bitbalance::ir
