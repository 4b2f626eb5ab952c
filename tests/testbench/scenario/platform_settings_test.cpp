#include "testbench/scenario/platform_settings.h"

#include <catch2/catch.hpp>

#include "tests/support/names.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance::test;

namespace {

PlatformSettings load(const std::string& text) {
  const TemporaryFolder folder;
  return load_platform(folder.write("platform.yaml", text), 2);
}

}  // namespace

TEST_CASE("a platform's accelerators have a level and a file of settings, relative to the platform's file") {
  const PlatformSettings platform = load_platform(BITBALANCE_SOURCE_DIR "/scenarios/platforms/two.yaml", 2);
  REQUIRE(platform.accelerators.size() == 2);
  CHECK(platform.accelerators[0].level == Level::kRtl);
  CHECK(platform.accelerators[0].accelerator.empty());
  CHECK(platform.accelerators[1].level == Level::kTlm);
  CHECK(platform.accelerators[1].accelerator == BITBALANCE_SOURCE_DIR "/scenarios/platforms/quarter.yaml");
}

TEST_CASE(
    "a platform with too few or many accelerators, of a level without data or with unknown keys is refused "
    "by "
    "name") {
  using Catch::Contains;
  CHECK_THROWS_WITH(load("{}"), Contains("accelerators"));
  for (const char* few_or_many : {"accelerators: []", "accelerators: [{}, {}, {}]"})
    CHECK_THROWS_WITH(load(few_or_many),
                      Contains("platform.yaml:1: accelerators: ") && Contains("of them; accepted: 1 to 2"));
  CHECK_THROWS_WITH(load("accelerators: [{level: analytic}]"),
                    Contains("analytic") && Contains("accepted: rtl, tlm"));
  CHECK_THROWS_WITH(load("accelerators: [{}]\ncores: 2"), Contains("cores"));
  CHECK_THROWS_WITH(load("accelerators: [{accelerator: nowhere.yaml}]"), Contains("nowhere.yaml"));
}
