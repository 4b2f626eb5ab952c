#include "hw/baselines/group_cycles.h"

#include "base/vector_clones.h"

namespace bitbalance::baselines {

BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_ones(const std::int16_t* weights, int count) {
  return sum_of([](std::int16_t weight) { return ones(magnitude(weight)); }, weights, count);
}

}  // namespace bitbalance::baselines
