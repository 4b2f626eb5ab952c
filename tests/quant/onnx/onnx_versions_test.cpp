// Every operator that the importer claims, in every version that it has in the operator sets accepted:
// random legal nodes give what the definition says, or are refused by name.
#include <onnx/defs/schema.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <set>

#include "quant/eval/evaluator.h"
#include "quant/onnx/file/signatures.h"
#include "quant/onnx/file/versions.h"
#include "quant/onnx/import.h"
#include "tests/quant/onnx/reference/random_operator.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using Catch::Contains;

namespace {

/// Versions of each claimed operator that the official library or the importer knows; deprecated ones are
/// none.
std::map<std::string, std::set<std::int64_t>> versions() {
  const std::set<std::string> claimed = onnx_operators();
  std::map<std::string, std::set<std::int64_t>> found;
  for (const onnx::OpSchema& schema : onnx::OpSchemaRegistry::get_all_schemas_with_history()) {
    if (schema.domain().empty() && claimed.count(schema.Name()) != 0)
      found[schema.Name()].insert(schema.SinceVersion());
  }
  for (const std::string& op : claimed) {
    const std::set<std::int64_t> newer = onnx_io::newer_versions(op);
    found[op].insert(newer.begin(), newer.end());
  }
  return found;
}

bool exists(const std::string& op, std::int64_t opset) {
  if (onnx_io::is_newer_than_official(op, opset)) return true;
  const onnx::OpSchema* schema = onnx::OpSchemaRegistry::Schema(op, static_cast<int>(opset), "");
  return schema != nullptr && !schema->Deprecated();
}

std::string difference(const std::vector<float>& found, const std::vector<double>& expected) {
  if (found.size() != expected.size())
    return std::to_string(found.size()) + " elements, expected " + std::to_string(expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!(std::abs(found[i] - expected[i]) <= 1e-4 + 1e-4 * std::abs(expected[i]))) {
      return "element " + std::to_string(i) + " is " + std::to_string(found[i]) + ", expected " +
             std::to_string(expected[i]);
    }
  }
  return "";
}

/// Not where the standard had no floats yet.
bool must_accept_some(const std::string& op, std::int64_t opset) {
  constexpr std::int64_t kEqualOfFloats = 11;
  return op != "Equal" || opset >= kEqualOfFloats;
}

/// Cases of one operator in one operator set; the number that is accepted.
int check(const std::string& op, std::int64_t opset, int cases, std::uint32_t seed) {
  int accepted = 0;
  for (int i = 0; i < cases; ++i) {
    std::seed_seq sequence = {seed, static_cast<std::uint32_t>(opset), static_cast<std::uint32_t>(i)};
    std::mt19937 random(sequence);
    RandomOperator tested = random_operator(op, opset, random);
    const std::string refusal = tested.model.refusal();
    CAPTURE(op, opset, seed, i);
    if (refusal != "accepted") {
      CHECK_THAT(refusal, Contains("node 'tested' (" + op + ")") || Contains("node name: tested)"));
      continue;
    }
    ++accepted;
    CHECK_FALSE(tested.is_training);
    INFO(tested.model.graph().node(0).ShortDebugString());
    const std::string wrong = difference(tested.model.run(tested.image), tested.expected.values);
    INFO(wrong);
    CHECK(wrong.empty());
  }
  return accepted;
}

void check_all(int cases, std::uint32_t seed) {
  for (const auto& [op, since] : versions()) {
    std::set<std::int64_t> opsets = {kFirstOpset, 17, 18, kLastOpset};
    opsets.insert(since.lower_bound(kFirstOpset), since.end());
    for (const std::int64_t opset : opsets) {
      if (!exists(op, opset)) continue;
      CAPTURE(op, opset);
      CHECK((check(op, opset, cases, seed) > 0 || !must_accept_some(op, opset)));
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
