// Catch2 3 under the names of Catch2 2, which the tests use: in the include path where version 3 was found.
#pragma once

#include <catch2/catch_all.hpp>
#include <cstddef>
#include <string>

namespace Catch {
namespace Matchers {

// Of texts: a text within them. Version 3 gave the name to elements of ranges, for which it is as it was.
inline StringContainsMatcher Contains(const std::string& text) {
  return ContainsSubstring(text);
}
inline StringContainsMatcher Contains(std::string& text) {
  return ContainsSubstring(text);
}
inline StringContainsMatcher Contains(std::string&& text) {
  return ContainsSubstring(text);
}
template <std::size_t kBytes>
StringContainsMatcher Contains(const char (&text)[kBytes]) {
  return ContainsSubstring(text);
}
inline StringContainsMatcher Contains(const char* const& text) {
  return ContainsSubstring(text);
}
inline StringContainsMatcher Contains(const char*& text) {
  return ContainsSubstring(text);
}

}  // namespace Matchers

using Matchers::Contains;
using Matchers::EndsWith;
using Matchers::Equals;
using Matchers::StartsWith;

}  // namespace Catch

using Catch::Approx;
