#include "hw/baselines/sizing.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/bits.h"
#include "hw/baselines/baseline_kind.h"

namespace bitbalance::baselines {

const char* to_string(SizingRule rule) {
  switch (rule) {
    case SizingRule::kEqualLanes:
      return "equal-lanes";
    case SizingRule::kEqualArea:
      return "equal-area";
    case SizingRule::kCount:
      break;
  }
  return "?";
}

Baseline largest_array(const BaselineKind& kind, TokenForm terms,
                       const std::function<bool(const Baseline&)>& fits) {
  Baseline baseline(kind);
  baseline.terms = terms;
  Baseline best = baseline;
  best.rows = best.columns = 0;
  for (baseline.rows = 1; baseline.rows <= kMostRowsOrColumns; baseline.rows *= 2) {
    for (baseline.columns = ceil_div(baseline.rows, 4); baseline.columns <= baseline.rows;
         ++baseline.columns) {
      if (!fits(baseline)) break;
      // Of equals, the first found has fewer rows and is the squarer.
      if (baseline.rows * baseline.columns > best.rows * best.columns) best = baseline;
    }
  }
  if (best.rows == 0) {
    throw std::invalid_argument(
        fmt::format("{}: not even one PE of {} lanes fits", kind.name(), baseline.lanes));
  }
  return best;
}

}  // namespace bitbalance::baselines
