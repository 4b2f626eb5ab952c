// Every operator that the importer claims, in every version that it has in the operator sets accepted:
// random legal nodes give what the definition says, or are refused by name.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include <set>

#include "quant/onnx/file/versions.h"
#include "tests/quant/onnx/random/version_table.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

/// Not where the standard had no floats yet, or batches of sequences.
bool must_accept_some(const std::string& op, std::int64_t opset) {
  constexpr std::int64_t kEqualOfFloats = 11, kScanWithoutBatch = 9;
  return op == "Equal" ? opset >= kEqualOfFloats : op != "Scan" || opset >= kScanWithoutBatch;
}

void check_all(int cases, std::uint32_t seed) {
  for (const auto& [op, since] : versions()) {
    std::set<std::int64_t> opsets = {kFirstOpset, 17, 18, kLastOpset};
    opsets.insert(since.lower_bound(kFirstOpset), since.end());
    for (const std::int64_t opset : opsets) {
      if (!exists(op, opset)) continue;
      CAPTURE(op, opset);
      const VersionTally found = tally(op, opset, cases, seed);
      for (const std::string& wrong : found.wrong) FAIL_CHECK(wrong);
      CHECK((found.passed > 0 || !must_accept_some(op, opset)));
    }
  }
}

}  // namespace

TEST_CASE(
    "random nodes of every operator at every version mean what the standard says, or are refused by name") {
  check_all(8, 1);
}

TEST_CASE("many random nodes of every operator at every version", "[.long]") {
  for (std::uint32_t seed = 2; seed < 52; ++seed) check_all(8, seed);
}

TEST_CASE("docs/onnx-versions.md has a line for every version of every claimed operator") {
  const std::string page = text_of(std::string(BITBALANCE_SOURCE_DIR) + "/docs/onnx-versions.md");
  for (const auto& [op, since] : versions()) {
    for (const std::int64_t version : since) {
      CAPTURE(op, version);
      CHECK_THAT(page, Contains("\n| " + op + " | " + std::to_string(version) + " | "));
    }
  }
}

TEST_CASE("docs/onnx-versions.md says which operator sets and IR versions are accepted") {
  const std::string page = text_of(std::string(BITBALANCE_SOURCE_DIR) + "/docs/onnx-versions.md");
  CHECK_THAT(
      page, Contains(fmt::format("\nFiles of operator sets {} to {} and of IR versions 3 to {} are accepted.",
                                 kFirstOpset, kLastOpset, kLastIr)));
}
