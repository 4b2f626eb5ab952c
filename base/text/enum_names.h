// The names of an enumeration's values, for settings and for messages that list what is accepted.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

namespace bitbalance {

/// `values`: in the enumeration's order, where a place in the list stands for a value.
template <class Enum>
std::vector<std::string> names_of(std::initializer_list<Enum> values) {
  std::vector<std::string> names;
  for (const Enum value : values) names.emplace_back(to_string(value));
  return names;
}

}  // namespace bitbalance
