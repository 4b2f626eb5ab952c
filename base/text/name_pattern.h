// Names of layers and signals as a user gives them: one rule for every setting and option that takes names.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bitbalance {

/// * any characters, also none; ? one character (of UTF-8); everything else stands for itself.
bool matches_pattern(const std::string& pattern, const std::string& name);

/// Which of `names` a user means, in their order: those that are equal to the text, whatever signs it holds;
/// only where none is, those that it matches as a pattern.
std::vector<std::size_t> named(const std::string& text, const std::vector<std::string>& names);

}  // namespace bitbalance
