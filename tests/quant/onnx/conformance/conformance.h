// ONNX's own operator tests (Debian package libonnx-testdata) against importer and float evaluator, and the
// page docs/onnx.md about them.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/support/names.h"

namespace bitbalance::test {

struct ConformanceResult {
  enum class Outcome { kPassed, kRefused, kFailed };

  std::string test;  ///< "node/test_relu"
  std::set<std::string> operators;
  Outcome outcome = Outcome::kPassed;
  std::string reason;  ///< refused: the importer's message; failed: the first wrong element

  std::set<std::string> on_host;  ///< operators of the imported network's host nodes
  /// Passed: what the imported network lacks when it is written (quant/onnx/export.h) and imported again: a
  /// message, or the first element that differs from its result by more than the tolerance.
  std::string export_loss;
};

/// Every test in `data`/{node, pytorch-operator, pytorch-converted} whose operators the importer all claims,
/// by name.
///
/// A test's model becomes one that the importer may accept. It has one input: several activations are slices
/// of it, parameters and weights become constants. It has one output: those of Split are joined, of others
/// the first is kept. Double precision becomes single. A batch of N becomes N runs where the accelerator's
/// layers are concerned. An operator set before 7 is declared as 7, an IR version before 4 as 4, without
/// is_test and broadcast, which 7 takes for granted. Behind operators that are no layers (Reshape...) comes a
/// Clip without bounds. Where input or output are no floats all inputs become constants, for the importer to
/// fold, and the result is added to a zero. Nothing else is changed.
std::vector<ConformanceResult> run_conformance(const std::filesystem::path& data);

/// The text of docs/onnx.md.
std::string onnx_page(const std::vector<ConformanceResult>& results);

}  // namespace bitbalance::test
