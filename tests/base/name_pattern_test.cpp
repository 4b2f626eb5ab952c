// Names as a user gives them: the name itself first, then * and ? and nothing else.
#include "base/text/name_pattern.h"
#include "tests/support/names.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

namespace bitbalance::test {
namespace {

using Names = std::vector<std::string>;
using Places = std::vector<std::size_t>;

/// One character of UTF-8 or a byte that is none.
Names characters_of(const std::string& text) {
  Names characters;
  for (const char c : text) {
    if (!characters.empty() && (static_cast<unsigned char>(c) & 0xc0U) == 0x80) {
      characters.back() += c;
    } else {
      characters.emplace_back(1, c);
    }
  }
  return characters;
}

/// The definition, written down without a thought of speed.
bool means(const Names& pattern, std::size_t p, const Names& name, std::size_t n) {
  if (p == pattern.size()) return n == name.size();
  if (pattern[p] == "*")
    return means(pattern, p + 1, name, n) || (n < name.size() && means(pattern, p, name, n + 1));
  return n < name.size() && (pattern[p] == "?" || pattern[p] == name[n]) &&
         means(pattern, p + 1, name, n + 1);
}

rc::Gen<std::string> random_name() {
  static const Names kPieces = {"a", "b", "1", "*", "?",  "[",        "]",           "!",  "^",
                                "-", ",", ":", "/", ".",  "{",        "}",           "\\", "\"",
                                "'", " ", "#", "&", "\t", "\xc3\xa9", "\xe4\xb8\xad"};
  return rc::gen::map(rc::gen::resize(7, rc::gen::container<Names>(rc::gen::elementOf(kPieces))),
                      [](const Names& pieces) {
                        std::string name;
                        for (const std::string& piece : pieces) name += piece;
                        return name;
                      });
}

TEST_CASE("brackets and backslashes stand for themselves") {
  CHECK(named("conv[1]", {"conv1", "conv2"}).empty());
  CHECK(named("conv[1]", {"conv1", "conv[1]"}) == Places{1});
  CHECK(named("[!a]", {"b"}).empty());
  CHECK(named(R"(a\*)", {"a*", R"(a\b)"}) == Places{1});
}

TEST_CASE("a name with wildcards in it means itself alone") {
  CHECK(named("conv*", {"conv1", "conv*", "conv2"}) == Places{1});
  CHECK(named("conv*", {"conv1", "fc", "conv2"}) == Places{0, 2});
  CHECK(named("a?c", {"abc",
                      "a\xc3\xa9"
                      "c",
                      "abbc"}) == Places{0, 1});
  CHECK(named("", {"a"}).empty());
}

TEST_CASE("random names mean themselves, whatever signs they hold") {
  rc::check([] {
    const auto names = *rc::gen::container<Names>(random_name());
    for (const std::string& name : names) {
      const Places places = named(name, names);
      RC_ASSERT(!places.empty());
      for (const std::size_t place : places) RC_ASSERT(names[place] == name);
    }
  });
}

TEST_CASE("random patterns match by the definition") {
  rc::check([] {
    const auto pattern = *random_name(), name = *random_name();
    RC_ASSERT(matches_pattern(pattern, name) == means(characters_of(pattern), 0, characters_of(name), 0));
  });
}

TEST_CASE("many wildcards take no time") {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  CHECK_FALSE(matches_pattern(pattern + "b", std::string(10'000, 'a')));
}

}  // namespace
}  // namespace bitbalance::test
