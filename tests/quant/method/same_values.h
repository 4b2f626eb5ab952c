// Two networks that compute the same, one rewritten from the other.
#pragma once

#include "quant/eval/evaluator.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/support/check_near.h"

namespace bitbalance::test {

/// Checks that both give the same for a random image, up to the order of sums.
inline void check_same_values(const Network& a, const Network& b) {
  const std::vector<float> image = random_values(a.shape(a.input).elements(), 3);
  Evaluator first(a), second(b);
  check_near(second.run(image), first.run(image));
}

}  // namespace bitbalance::test
