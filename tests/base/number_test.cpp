// Text as numbers: one form, JSON's, and nothing that another reader would take for another number.
#include "base/text/number.h"
#include "tests/support/names.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <regex>
#include <string>

namespace bitbalance::test {
namespace {

const std::regex kWhole(R"(-?(0|[1-9][0-9]*))");
const std::regex kReal(R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)");

TEST_CASE("whole numbers are decimal digits without leading zeros") {
  CHECK(whole_number("0") == 0);
  CHECK(whole_number("-12") == -12);
  CHECK(whole_number("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"",      "-",   "+1",           "016", "-01", "00", "0x10",  "0o17",
                           "1_000", "1e3", "1.",           "1.0", " 1",  "1 ", "1,000", "9223372036854775808",
                           "4:30",  "0b1", "\xef\xbc\x91", "1\n"}) {
    CAPTURE(text);
    CHECK_FALSE(whole_number(text));
  }
}

TEST_CASE("a whole number outside its bounds is none") {
  CHECK(whole_number("64", 1, 64) == 64);
  CHECK_FALSE(whole_number("65", 1, 64));
  CHECK_FALSE(whole_number("-1", std::uint32_t{0}));
  CHECK_FALSE(whole_number("4294967296", std::uint32_t{0}));
}

TEST_CASE("real numbers have digits on both sides of the point and are finite") {
  CHECK(real_number("0.5") == 0.5);
  CHECK(real_number("-2.5E-3") == -0.0025);
  CHECK(real_number("1e+09") == 1e9);
  for (const char* text :
       {"",    ".5",   "5.",   "+0.5",  "00.5",  "1e",  "1e+", "0x1p3", "inf",   "-inf",
        "nan", ".inf", ".nan", "1e999", "1_0.5", "1,5", " 1",  "1 ",    "1.5.2", "1e5.0"}) {
    CAPTURE(text);
    CHECK_FALSE(real_number(text));
  }
}

TEST_CASE("random text is a number exactly if the grammar says so, with the value of strtod") {
  rc::check([] {
    const auto text =
        *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0012345689+-..eExX_o bi,anf")));
    const bool whole = std::regex_match(text, kWhole) && text.size() < 19;
    if (text.size() < 19) RC_ASSERT(whole_number(text).has_value() == whole);
    if (whole) RC_ASSERT(*whole_number(text) == std::strtoll(text.c_str(), nullptr, 10));
    const double value = std::strtod(text.c_str(), nullptr);
    const auto number = real_number(text);
    if (!std::regex_match(text, kReal)) {
      RC_ASSERT(!number);
    } else if (number) {
      RC_ASSERT(*number == value);
    } else {
      RC_ASSERT(!std::isfinite(value) || std::abs(value) < std::numeric_limits<double>::min());
    }
  });
}

}  // namespace
}  // namespace bitbalance::test
