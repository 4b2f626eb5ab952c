// The other accelerators: what their arrays look like to a convolution. A row is an output channel, a column
// an output pixel, a lane one weight x activation pair of the sum; all rows and columns end a step together.
#pragma once

#include <limits>

#include "hw/baselines/names.h"
#include "quant/ir/token_form.h"

namespace bitbalance::baselines {

class BaselineKind;

inline constexpr int kMostLanes = 256;
inline constexpr int kMostRowsOrColumns = 256;

/// What the buffers deliver in a cycle. A step lasts at least as long as what its rows and columns take of
/// it.
struct Delivery {
  int activation_bits = std::numeric_limits<int>::max();  ///< 1 or more
  int weight_bits = std::numeric_limits<int>::max();      ///< 1 or more
};

struct Baseline {
  /// With the lanes of the published design.
  explicit Baseline(const BaselineKind& kind_of_it);

  const BaselineKind* kind;
  int lanes;         ///< weights a PE takes in a step, 1..256
  int rows = 32;     ///< 1..256
  int columns = 32;  ///< 1..256
  Delivery delivery;
  TokenForm terms = TokenForm::kBinary;  ///< of kinds that count terms; signed_digit: Booth-like
};

/// Throws ConfigError.
void check(const Baseline& baseline);

}  // namespace bitbalance::baselines
