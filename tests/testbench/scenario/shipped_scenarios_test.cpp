// The scenarios that come with the project.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include "testbench/scenario/scenario.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

namespace fs = std::filesystem;

TEST_CASE("the scenarios that come with the project are valid") {
  int scenarios = 0;
  for (const auto& entry : fs::directory_iterator(BITBALANCE_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    ++scenarios;
    if (entry.path().stem() == "ocr" && !fs::exists(entry.path().parent_path() / "ocr/recogniser.onnx")) {
      CHECK_THROWS_WITH(load_scenario(entry.path()), Catch::Contains("scenarios/ocr/prepare.py makes it"));
    } else {
      CHECK(load_scenario(entry.path()).name == entry.path().stem());
    }
  }
  CHECK(scenarios > 5);
}

TEST_CASE("the unpipelined accelerator is the default one but for its stages, and runs its programs") {
  const fs::path scenarios = fs::path(BITBALANCE_SOURCE_DIR) / "scenarios";
  const auto accelerator = [&](const char* file) {
    const std::string setting = "accelerator=" + (scenarios / "accelerators" / file).string();
    return load_scenario(scenarios / "lenet.yaml", {{setting, ""}}).accelerator;
  };
  const AcceleratorConfig standard = accelerator("default.yaml"), uncut = accelerator("unpipelined.yaml");
  CHECK(standard.pipeline.pe + standard.pipeline.activation_read + standard.pipeline.result_delay() ==
        1 + 3 + 5);
  CHECK(uncut.pipeline.pe + uncut.pipeline.activation_read + uncut.pipeline.result_delay() == 1 + 1 + 0);
  CHECK(config_hash(uncut) == config_hash(standard));
}

TEST_CASE("no pattern of a shipped scenario has brackets, for they mean themselves") {
  const std::regex with_brackets(R"(pattern:\s*"?[^",}]*[\[\]])");
  int scenarios = 0;
  for (const auto& entry : std::filesystem::directory_iterator(BITBALANCE_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    CAPTURE(entry.path());
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    CHECK_FALSE(std::regex_search(text, with_brackets));
    ++scenarios;
  }
  CHECK(scenarios > 5);
}

}  // namespace
}  // namespace bitbalance::test
