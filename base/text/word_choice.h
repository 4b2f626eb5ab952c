// A setting whose value is one of a few words: which one it is, or what is wrong with it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bitbalance {

/// The place of `word` among those that are accepted. Throws std::invalid_argument that begins with `where`
/// and tells the nearest of them for any other.
std::size_t place_of(const std::string& word, const std::vector<std::string>& accepted,
                     const std::string& where);

}  // namespace bitbalance
