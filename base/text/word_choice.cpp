#include "base/text/word_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "base/text/nearest_word.h"
#include "base/text/outside_text.h"

namespace bitbalance {

std::size_t place_of(const std::string& word, const std::vector<std::string>& accepted,
                     const std::string& where) {
  const auto found = std::find(accepted.begin(), accepted.end(), word);
  if (found == accepted.end()) {
    throw std::invalid_argument(one_line(fmt::format("{}: '{}'{}; accepted: {}", where, word,
                                                     suggestion(word, accepted), fmt::join(accepted, ", "))));
  }
  return static_cast<std::size_t>(found - accepted.begin());
}

}  // namespace bitbalance
