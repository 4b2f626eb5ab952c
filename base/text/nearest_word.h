// "Did you mean ...?": the word of a list that a misspelt one probably stands for.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bitbalance {

/// The candidate with the smallest edit distance, if that is no more than a third of the word (at least 2).
std::optional<std::string> nearest_word(const std::string& word, const std::vector<std::string>& candidates);

/// The same for a message, behind what was found: " (did you mean 'run'?)"; empty where nothing is near.
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace bitbalance
