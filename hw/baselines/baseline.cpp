#include "hw/baselines/baseline.h"

#include "base/text/config_error.h"
#include "hw/baselines/baseline_kind.h"

namespace bitbalance::baselines {

Baseline::Baseline(const BaselineKind& kind_of_it) : kind(&kind_of_it), lanes(kind_of_it.published_lanes()) {}

void check(const Baseline& b) {
  const char* const name = b.kind->name();
  require(b.lanes >= 1 && b.lanes <= kMostLanes, name, "lanes", b.lanes, "1 to 256");
  require(b.rows >= 1 && b.rows <= kMostRowsOrColumns, name, "rows", b.rows, "1 to 256");
  require(b.columns >= 1 && b.columns <= kMostRowsOrColumns, name, "columns", b.columns, "1 to 256");
  for (const int bits : {b.delivery.activation_bits, b.delivery.weight_bits})
    require(bits >= 1, name, "delivery", bits, "1 bit or more");
  b.kind->check_lanes(b.lanes);
}

}  // namespace bitbalance::baselines
