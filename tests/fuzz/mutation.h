// Damage to bytes and text of any format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"
#include "tests/support/names.h"

namespace bitbalance::fuzz {

/// 0 .. count - 1; 0 for a count of 0.
std::size_t below(std::size_t count, Random& random);

/// Small numbers, and those at which types, extents and commands end.
std::int64_t edge_number(Random& random);

/// One damage: bits, bytes, numbers in the text, words, pieces that are cut, doubled, moved, or taken of
/// `other`.
std::string mutate(std::string bytes, const std::string& other, const std::vector<std::string>& words,
                   Random& random);

}  // namespace bitbalance::fuzz
