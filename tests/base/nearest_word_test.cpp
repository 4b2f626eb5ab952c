#include "base/text/nearest_word.h"

#include <catch2/catch.hpp>

#include "base/text/word_choice.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

TEST_CASE("the nearest word is the one that fingers meant") {
  const std::vector<std::string> words = {"rtl", "tlm", "analytic", "quantize"};
  CHECK(nearest_word("tml", words) == "tlm");  // neighbours that changed places are one mistake
  CHECK(nearest_word("rlt", words) == "rtl");
  CHECK(nearest_word("quantise", words) == "quantize");
  CHECK(nearest_word("anlaytc", words) == "analytic");
  CHECK(nearest_word("rtl", words) == "rtl");
  CHECK_FALSE(nearest_word("quick", words));
  CHECK_FALSE(nearest_word("", words));
  CHECK_FALSE(nearest_word("tlm", {}));
  CHECK(suggestion("analitic", words) == " (did you mean 'analytic'?)");
  CHECK(suggestion("quick", words).empty());
}

TEST_CASE("one of a few words is told by its place, any other with the nearest") {
  const std::vector<std::string> words = {"rtl", "tlm", "analytic"};
  CHECK(place_of("tlm", words, "--level") == 1);
  CHECK_THROWS_WITH(place_of("tml", words, "--level"),
                    "--level: 'tml' (did you mean 'tlm'?); accepted: rtl, tlm, analytic");
  CHECK_THROWS_WITH(place_of("", words, "--level"), "--level: ''; accepted: rtl, tlm, analytic");
}

}  // namespace
}  // namespace bitbalance::test
