#include "base/text/name_pattern.h"

#include <functional>

#include "base/text/outside_text.h"

namespace bitbalance {
namespace {

/// Behind the character at `at`.
std::size_t next_character(const std::string& text, std::size_t at) {
  ++at;
  while (at < text.size() && continues_character(text[at])) ++at;
  return at;
}

std::vector<std::size_t> places(const std::vector<std::string>& names,
                                const std::function<bool(const std::string&)>& is_meant) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (is_meant(names[i])) found.push_back(i);
  return found;
}

}  // namespace

bool matches_pattern(const std::string& pattern, const std::string& name) {
  std::size_t p = 0, n = 0;
  // Only the last * seen can still take more characters: where the rest fails, it does.
  std::size_t star = std::string::npos, taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      n = next_character(name, n);
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string::npos) {
      p = star + 1;
      taken = next_character(name, taken);
      n = taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string::npos;
}

std::vector<std::size_t> named(const std::string& text, const std::vector<std::string>& names) {
  std::vector<std::size_t> equal = places(names, [&](const std::string& name) { return name == text; });
  if (!equal.empty()) return equal;
  return places(names, [&](const std::string& name) { return matches_pattern(text, name); });
}

}  // namespace bitbalance
