// How large another array is made for a comparison: one rule at a time.
#pragma once

#include <cstdint>
#include <functional>

#include "hw/baselines/baseline.h"

namespace bitbalance::baselines {

enum class SizingRule {
  kEqualLanes,  ///< as many weight x activation pairs at a time, or the next fewer
  kEqualArea,   ///< array and front end at most as large, and as fast as such can be
  kCount
};
const char* to_string(SizingRule rule);

/// The arrays to choose from have the lanes of the published design. Rows are a power of two, as channel
/// counts are multiples of one, and columns <= rows <= 4 columns. `fits` accepts some; what it refuses it
/// must refuse with another column, too. Precondition of both: one PE fits.
using Fits = std::function<bool(const Baseline&)>;

/// The one with the most PEs; of as many PEs the squarest, which waits least for its slowest row.
Baseline largest_array(const BaselineKind& kind, TokenForm terms, const Fits& fits);

/// The one that takes the fewest cycles; of as many cycles the one with the fewest PEs. `cycles(array,
/// most)`: of the array, or any number above `most` if there are more.
Baseline fastest_array(const BaselineKind& kind, TokenForm terms, const Fits& fits,
                       const std::function<std::int64_t(const Baseline&, std::int64_t most)>& cycles);

}  // namespace bitbalance::baselines
