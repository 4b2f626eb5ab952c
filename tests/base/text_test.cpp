// Text in the forms of others: words of a shell, lists, strings of JSON.
#include <rapidcheck.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "base/process/child_process.h"
#include "base/text/enum_names.h"
#include "base/text/json_text.h"
#include "base/text/outside_text.h"
#include "base/text/shell_word.h"
#include "base/text/split.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

TEST_CASE("a shell reads a word as the text that it was, whatever is in it") {
  std::string text;
  for (int c = 1; c < 256; ++c) text += static_cast<char>(c);
  for (const std::string& word : {text, std::string(), std::string("'"), std::string("-n $HOME `x` \\")}) {
    CAPTURE(word);
    CHECK(run_child({"sh"}, "printf '%s.' " + shell_word(word))->out == word + ".");
  }
}

TEST_CASE("a word of a shell is in quotes only where it needs them") {
  CHECK(shell_word("--set=a.b/c:1,2@x%_+-") == "--set=a.b/c:1,2@x%_+-");
  for (const char* text : {"", "a b", "~", "*", "a;b", "#", "!", "{a,b}", "\xc3\xa4"}) {
    CAPTURE(text);
    CHECK(shell_word(text) == "'" + std::string(text) + "'");
  }
}

TEST_CASE("the parts of a list, joined again, are the list") {
  CHECK(split("a,b", ',') == std::vector<std::string>{"a", "b"});
  CHECK(split("", ',') == std::vector<std::string>{""});
  rc::check([] {
    const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab,")));
    const std::vector<std::string> parts = split(text, ',');
    RC_ASSERT(parts.size() == 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')));
    std::string joined = parts.front();
    for (std::size_t i = 1; i < parts.size(); ++i) joined += "," + parts[i];
    RC_ASSERT(joined == text);
  });
}

enum class Colour : std::uint8_t { kRed, kGreen };
const char* to_string(Colour colour) {
  return colour == Colour::kRed ? "red" : "green";
}

TEST_CASE("the names of an enumeration's values are in the order of the list") {
  CHECK(names_of({Colour::kGreen, Colour::kRed}) == std::vector<std::string>{"green", "red"});
  CHECK(names_of<Colour>({}).empty());
}

TEST_CASE("a text in JSON has its signs escaped, and bytes that are not UTF-8 replaced") {
  CHECK(json_text("a\"b\\c\n\x01") == R"("a\"b\\c\n\u0001")");
  CHECK(json_text("\xc3\xa4") == "\"\xc3\xa4\"");
  CHECK(json_text("a\xff") == "\"a\xef\xbf\xbd\"");
}

TEST_CASE("a text in one line has no sign that a terminal acts on or that turns what follows") {
  CHECK(one_line("a\n\t\r\x1b\x7f z") == R"(a\n\t\x0d\x1b\x7f z)");
  CHECK(one_line("\xc2\x80\xc2\x9f\xc2\xa0\xc3\x84") == "\\x80\\x9f\xc2\xa0\xc3\x84");
  CHECK(one_line("\u202efdp\u2028\u2066\u2069") == R"(\u202efdp\u2028\u2066\u2069)");
  const std::string plain =
      "\u200e\u200f\u061c\u2027\u202f\u2065\u206a\u200d\u2010\u061b\u0634\u0628\xe2\x80";
  CHECK(one_line(plain) == plain);
}

TEST_CASE("the beginning of a text ends between characters") {
  CHECK(beginning("abc", 3) == "abc");
  CHECK(beginning("abcd", 3) == "abc...");
  CHECK(beginning("a\xc3\xa4 b", 2) == "a...");
  CHECK(beginning("a\xc3\xa4 b", 3) == "a\xc3\xa4...");
  CHECK(beginning("\xff\xbf", 1) == "...");
}

}  // namespace
}  // namespace bitbalance::test
