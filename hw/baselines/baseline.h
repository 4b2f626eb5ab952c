// The other accelerators: what their arrays look like to a convolution. A row is an output channel, a column
// an output pixel, a lane one weight x activation pair of the sum; all rows and columns end a step together.
#pragma once

#include "hw/baselines/names.h"
#include "quant/ir/token_form.h"

namespace bitbalance::baselines {

class BaselineKind;

inline constexpr int kMostLanes = 256;
inline constexpr int kMostRowsOrColumns = 256;

struct Baseline {
  /// With the lanes of the published design.
  explicit Baseline(const BaselineKind& kind_of_it);

  const BaselineKind* kind;
  int lanes;         ///< weights a PE takes in a step, 1..256
  int rows = 32;     ///< 1..256
  int columns = 32;  ///< 1..256
  /// A step lasts at least as many cycles, 1 or more: so long the buffers take to deliver the next one.
  int least_step_cycles = 1;
  TokenForm terms = TokenForm::kBinary;  ///< of kinds that count terms; signed_digit: Booth-like
};

/// Throws ConfigError.
void check(const Baseline& baseline);

}  // namespace bitbalance::baselines
