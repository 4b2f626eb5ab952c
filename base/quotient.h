// Quotients of results (frames a joule, shares, rates): one rule for those whose divisor is 0, as a network
// without a convolution, or one that runs on the host alone, has them.
#pragma once

#include <limits>

namespace bitbalance {

/// NaN where the divisor is 0: there is no such figure. JSON has null for it.
inline double quotient(double amount, double by) {
  return by == 0 ? std::numeric_limits<double>::quiet_NaN() : amount / by;
}

}  // namespace bitbalance
