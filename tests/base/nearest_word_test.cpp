#include "base/text/nearest_word.h"

#include <catch2/catch.hpp>

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

}  // namespace
}  // namespace bitbalance::test
