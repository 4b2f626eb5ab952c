// One colour, one meaning.
#include "testbench/report/page/page_color.h"

#include <catch2/catch.hpp>
#include <map>
#include <regex>
#include <stdexcept>

#include "testbench/report/page/page_files.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

/// Colours of a scheme by name, from --busy on: what is ahead of it is no category.
std::map<std::string, std::string> categories(const std::string& style, const std::string& scheme) {
  const std::size_t begin = style.find(scheme);
  const std::string rules = style.substr(begin, style.find('}', begin) - begin);
  std::map<std::string, std::string> colors;
  const std::regex rule("--([a-z0-9_-]+): (#[0-9a-f]{6});");
  const auto first = rules.begin() + static_cast<std::ptrdiff_t>(rules.find("--busy"));
  for (std::sregex_iterator found(first, rules.end(), rule), end; found != end; ++found)
    colors[(*found)[1]] = (*found)[2];
  return colors;
}

TEST_CASE("no two categories have the same colour, light or dark") {
  const std::string style(page_style());
  std::map<std::string, std::string> colors = categories(style, ":root {");
  REQUIRE(colors.size() > 40);
  CHECK(page_color("busy") == colors["busy"]);
  for (const char* scheme : {":root {", ":root[data-scheme=\"dark\"] {"}) {
    for (const auto& [name, color] : categories(style, scheme)) colors[name] = color;
    std::map<std::string, std::string> names;
    for (const auto& [name, color] : colors) {
      INFO(scheme << " " << name << " " << color);
      CHECK(names.try_emplace(color, name).second);
    }
  }
}

TEST_CASE("a colour that the pages do not have is an error") {
  CHECK_THROWS_AS(page_color("weigh"), std::out_of_range);
  CHECK_THROWS_AS(page_color("unit-weight_buffer"), std::out_of_range);  // another name for --weight
}

}  // namespace
}  // namespace bitbalance::test
