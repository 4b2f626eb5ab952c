// Floats of one computation against those of another.
#pragma once

#include <catch2/catch.hpp>
#include <cstddef>
#include <vector>

namespace bitbalance::test {

/// Checks as many floats, one by one, to `margin` and to a hundred roundings.
inline void check_near(const std::vector<float>& found, const std::vector<float>& expected,
                       double margin = 1e-5) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(expected[i]).margin(margin));
}

}  // namespace bitbalance::test
