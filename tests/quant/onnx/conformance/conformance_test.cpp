#include "tests/quant/onnx/conformance/conformance.h"

#include <onnx/defs/schema.h>
#include <catch2/catch.hpp>

#include "quant/host/host_graph.h"
#include "quant/onnx/import.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;

TEST_CASE("what passes survives export, with every operator of the host that a test can leave there") {
  // The importer makes these layers or views, or folds them with the booleans of their tests:
  // onnx_host_export_test.cpp has them.
  const std::set<std::string> elsewhere = {
      "AveragePool",       "BitwiseAnd",  "BitwiseOr", "BitwiseXor", "Clip",    "Equal",  "Gelu",
      "Greater",           "HardSigmoid", "IsInf",     "IsNaN",      "Less",    "LpPool", "MaxRoiPool",
      "NonMaxSuppression", "NonZero",     "Neg",       "Relu",       "Reshape", "Where"};
  std::set<std::string> proven = elsewhere;
  for (const ConformanceResult& result : run_conformance(BITBALANCE_ONNX_TESTS)) {
    if (result.outcome != ConformanceResult::Outcome::kPassed) continue;
    INFO(result.test << ": " << result.export_loss);
    CHECK(result.export_loss.empty());
    proven.insert(result.on_host.begin(), result.on_host.end());
  }
  CHECK(proven == host_operators());
}

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
    // Those younger than the tests are drawn at random: onnx_versions_test.cpp has them.
    if (onnx::OpSchemaRegistry::Schema(name, "") == nullptr) continue;
    // Their tests are of constants alone here, as inputs are integers: onnx_quantized_test.cpp has
    // activations.
    static const std::set<std::string> of_integers = {"ConvInteger", "DynamicQuantizeLinear", "MatMulInteger",
                                                      "QLinearConv", "QLinearMatMul"};
    static const std::set<std::string> without_tests = {"GlobalLpPool", "LpNormalization", "LpPool",
                                                        "MaxRoiPool"};
    if (of_integers.count(name) != 0 || without_tests.count(name) != 0) continue;
    INFO(name);
    CHECK(proven.count(name) == 1);
  }

  const std::string page = text_of(std::string(BITBALANCE_SOURCE_DIR) + "/docs/onnx.md");
  INFO("regenerate with: onnx_conformance > docs/onnx.md");
  CHECK(page == onnx_page(results));
}
