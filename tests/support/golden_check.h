// Holds the data region after a run against the golden model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/names.h"
#include "tests/support/random/random_case.h"

namespace bitbalance::test {

/// What place_images() must have filled the data region with.
inline constexpr std::uint8_t kUnwritten = 0xa5;

/// First difference of any tensor in DRAM from the golden model, or else of what is outside of tensors from
/// kUnwritten, as text; empty if there is none.
std::string first_mismatch(const RandomCase& c, const std::vector<std::uint8_t>& data);

}  // namespace bitbalance::test
