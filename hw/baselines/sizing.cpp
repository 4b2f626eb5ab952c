#include "hw/baselines/sizing.h"

#include <algorithm>
#include <limits>
#include <vector>

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

namespace {

/// The most PEs first; of as many the squarest.
std::vector<Baseline> arrays(const BaselineKind& kind, TokenForm terms, const Fits& fits) {
  std::vector<Baseline> found;
  Baseline baseline(kind);
  baseline.terms = terms;
  for (baseline.rows = 1; baseline.rows <= kMostRowsOrColumns; baseline.rows *= 2) {
    for (baseline.columns = ceil_div(baseline.rows, 4); baseline.columns <= baseline.rows;
         ++baseline.columns) {
      if (!fits(baseline)) break;
      found.push_back(baseline);
    }
  }
  // Of equals, the first found has fewer rows and is the squarer.
  std::stable_sort(found.begin(), found.end(), [](const Baseline& a, const Baseline& b) {
    return a.rows * a.columns > b.rows * b.columns;
  });
  return found;
}

}  // namespace

Baseline largest_array(const BaselineKind& kind, TokenForm terms, const Fits& fits) {
  return arrays(kind, terms, fits).front();
}

Baseline fastest_array(const BaselineKind& kind, TokenForm terms, const Fits& fits,
                       const std::function<std::int64_t(const Baseline&, std::int64_t most)>& cycles) {
  const std::vector<Baseline> all = arrays(kind, terms, fits);
  Baseline best = all.front();
  std::int64_t fewest = cycles(best, std::numeric_limits<std::int64_t>::max());
  for (std::size_t i = 1; i < all.size(); ++i) {
    const Baseline& array = all[i];
    const std::int64_t needed = cycles(array, fewest);
    const bool smaller = array.rows * array.columns < best.rows * best.columns;
    if (needed > fewest || (needed == fewest && !smaller)) continue;
    best = array;
    fewest = needed;
  }
  return best;
}

}  // namespace bitbalance::baselines
