// ONNX's own operator tests (Debian package libonnx-testdata) against importer and float evaluator, and the
// page docs/onnx.md about them.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace bitbalance {

struct ConformanceResult {
  enum class Outcome { kPassed, kRefused, kFailed };

  std::string test;  ///< "node/test_relu"
  std::set<std::string> operators;
  Outcome outcome = Outcome::kPassed;
  std::string reason;  ///< refused: the importer's message; failed: the first wrong element
};

/// Every test in `data`/{node, pytorch-operator, pytorch-converted} whose operators the importer all claims,
/// by name.
///
/// A test's model becomes one that the importer may accept. Graph inputs but the first become constants; a
/// batch of N becomes N runs; an operator set before 7 is declared as 7, an IR
/// version before 4 as 4, without is_test and broadcast, which 7 takes for granted. Add, Clip, Dropout,
/// Identity and Relu take a tensor of any rank as 1 x n x 1 x 1, Concat three dimensions as four, Softmax the
/// dimensions before its last as batch. Two activations (Add, Concat) are stacked as channels of one input,
/// and separated by convolutions with weights 0 and 1. Behind Dropout, Flatten, Identity and Reshape, which
/// are no layers, comes a Clip without bounds. Nothing else is changed.
std::vector<ConformanceResult> run_conformance(const std::filesystem::path& data);

/// The text of docs/onnx.md.
std::string onnx_page(const std::vector<ConformanceResult>& results);

}  // namespace bitbalance
