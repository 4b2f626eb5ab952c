// How large another array is made for a comparison: one rule at a time.
#pragma once

#include <functional>

#include "hw/baselines/baseline.h"

namespace bitbalance::baselines {

enum class SizingRule {
  kEqualLanes,  ///< as many weight x activation pairs at a time
  kEqualArea,   ///< array and front end as large
  kCount
};
const char* to_string(SizingRule rule);

/// The array of `kind`, lanes as published, with the most PEs that `fits` accepts. Rows are a power of two,
/// as channel counts are multiples of one, and columns <= rows <= 4 columns; of as many PEs the squarest,
/// which waits least for its slowest row. Throws std::invalid_argument when not even one PE fits.
/// Precondition: what `fits` refuses it refuses with another column, too.
Baseline largest_array(const BaselineKind& kind, TokenForm terms,
                       const std::function<bool(const Baseline&)>& fits);

}  // namespace bitbalance::baselines
