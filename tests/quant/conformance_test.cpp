#include "tests/quant/conformance.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "quant/onnx_import.h"

using namespace bitbalance;

TEST_CASE("claimed operators pass ONNX's own tests or refuse them by name, and docs/onnx.md says so") {
  const std::vector<ConformanceResult> results = run_conformance(BITBALANCE_ONNX_TESTS);
  std::set<std::string> proven;
  for (const ConformanceResult& result : results) {
    INFO(result.test << ": " << result.reason);
    CHECK(result.outcome != ConformanceResult::Outcome::kFailed);
    if (result.outcome == ConformanceResult::Outcome::kPassed)
      proven.insert(result.operators.begin(), result.operators.end());
  }
  for (const std::string& name : onnx_operators()) {
    INFO(name);
    CHECK(proven.count(name) == 1);
  }

  std::ifstream file(std::string(BITBALANCE_SOURCE_DIR) + "/docs/onnx.md");
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  INFO("regenerate with: onnx_conformance > docs/onnx.md");
  CHECK(page == onnx_page(results));
}
