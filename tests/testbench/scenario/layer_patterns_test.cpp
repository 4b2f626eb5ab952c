// Lists of layers and traced layers on the command line, with the separators in the names themselves.
#include "testbench/scenario/layer_patterns.h"

#include <fmt/format.h>

#include <rapidcheck.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "testbench/scenario/settings/settings.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

using Catch::Matchers::Contains;
using Names = std::vector<std::string>;

TEST_CASE("a list is separated by commas, and a name with commas is taken whole") {
  CHECK(matching_layers("--rtl", "b,a", {"a", "b", "c"}) == Names{"a", "b"});
  CHECK(matching_layers("--rtl", "a,b", {"a,b", "c"}) == Names{"a,b"});
  CHECK(matching_layers("--rtl", "a,b", {"a", "b", "a,b"}) == Names{"a,b"});
  CHECK(matching_layers("--rtl", "b,a", {"a", "b", "a,b"}) == Names{"a", "b"});
  CHECK(matching_layers("--rtl", "c,a,b,d*", {"a,b", "c", "d1", "d2", "e"}) == Names{"a,b", "c", "d1", "d2"});
  CHECK(matching_layers("--rtl", "", {"a"}).empty());
}

TEST_CASE("what means no layer is refused, an empty entry too") {
  CHECK_THROWS_WITH(matching_layers("--rtl", "conv[1]", {"conv1"}),
                    "--rtl: no layer of the accelerator is called 'conv[1]'; did you mean 'conv1'?");
  const std::string none = "accepted: not given, as all layers run on the host";
  CHECK_THROWS_WITH(matching_layers("--rtl", "*", {}),
                    "--rtl: no layer of the accelerator is called '*'; " + none);
  CHECK_THROWS_WITH(traced_layer("conv", {}), Contains(none));
  for (const char* list : {",", "a,", ",a", "a,,b"}) {
    CAPTURE(list);
    CHECK_THROWS_WITH(matching_layers("--rtl", list, {"a", "b"}), Contains("is called ''; accepted: a, b"));
  }
}

TEST_CASE("tiles follow the last colon, unless the whole is a layer's name") {
  const auto traced = [](const std::string& text, const Names& layers) {
    const TracedLayer found = traced_layer(text, layers);
    return fmt::format("{}|{}", found.layer, found.tiles);
  };
  CHECK(traced("conv", {"conv"}) == "conv|");
  CHECK(traced("conv:0-1", {"conv"}) == "conv|0-1");
  CHECK(traced("conv:0", {"conv", "conv:0"}) == "conv:0|");
  CHECK(traced("conv:0-0", {"conv", "conv:0"}) == "conv|0-0");
  CHECK(traced("conv:0:7", {"conv", "conv:0"}) == "conv:0|7");
  CHECK(traced("c*:3", {"conv", "fc"}) == "conv|3");
  CHECK_THROWS_WITH(traced("*", {"conv", "fc"}), "--trace *: 2 layers match '*'; accepted: one layer");
  CHECK_THROWS_WITH(traced("conv:", {"conv"}), Contains("no layer is called 'conv:'; did you mean 'conv'?"));
  CHECK_THROWS_WITH(traced("conv[1]", {"conv1"}), Contains("no layer is called 'conv[1]'"));
}

TEST_CASE("random layers are found by their names in lists and traces") {
  rc::check([] {
    const auto names = *rc::gen::container<std::set<std::string>>(rc::gen::nonEmpty(
        rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab1*?[],:-/\\. ")))));
    const Names layers(names.begin(), names.end());
    for (const std::string& name : layers) {
      RC_ASSERT(matching_layers("--rtl", name, layers) == Names{name});
      RC_ASSERT(traced_layer(name, layers).layer == name);
      const std::string text = name + ":3-7";
      if (names.count(text) == 0) {
        RC_ASSERT(traced_layer(text, layers).layer == name);
        RC_ASSERT(traced_layer(text, layers).tiles == "3-7");
      }
    }
  });
}

}  // namespace
}  // namespace bitbalance::test
