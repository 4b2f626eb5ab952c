#include "tests/quant/onnx/random/version_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/defs/schema.h>

#include <cctype>
#include <cmath>
#include <random>
#include <stdexcept>

#include "quant/onnx/file/signatures.h"
#include "quant/onnx/file/versions.h"
#include "quant/onnx/import.h"
#include "tests/quant/onnx/random/random_operator.h"

namespace bitbalance::test {
namespace {

std::string difference(const std::vector<float>& found, const std::vector<double>& expected) {
  if (found.size() != expected.size())
    return fmt::format("{} elements, expected {}", found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!(std::abs(found[i] - expected[i]) <= 1e-4 + 1e-4 * std::abs(expected[i])))
      return fmt::format("element {} is {}, expected {}", i, found[i], expected[i]);
  }
  return "";
}

std::string refusal_of(const OnnxBuilder& model) {
  try {
    model.import();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

std::string failure_of(const RandomOperator& tested) {
  try {
    tested.model.run(tested.image);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "computed";
}

/// The kind of a refusal: what comes after the node's name, with n for every number.
std::string kind_of(const std::string& refusal) {
  constexpr const char* kAfterName = "): ";
  const std::size_t start = refusal.find(kAfterName);
  std::string kind;
  bool in_number = false;
  for (const char c : start == std::string::npos ? refusal : refusal.substr(start + 3)) {
    const bool is_digit = std::isdigit(static_cast<unsigned char>(c)) != 0 || (in_number && c == '.');
    if (is_digit && !in_number) kind += 'n';
    if (!is_digit) kind += c;
    in_number = is_digit;
  }
  return kind;
}

}  // namespace

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

VersionTally tally(const std::string& op, std::int64_t opset, int cases, std::uint32_t seed) {
  VersionTally result;
  for (int i = 0; i < cases; ++i) {
    std::seed_seq sequence = {seed, static_cast<std::uint32_t>(opset), static_cast<std::uint32_t>(i)};
    std::mt19937 random(sequence);
    RandomOperator tested = random_operator(op, opset, random);
    const std::string refusal = refusal_of(tested.model);
    std::string wrong;
    if (refusal != "accepted") {
      ++result.refused;
      result.reasons.insert(kind_of(refusal));
      if (refusal.find("node 'tested' (" + op + ")") == std::string::npos) wrong = refusal;
    } else if (tested.is_training) {
      wrong = "training is accepted";
    } else if (tested.is_beyond) {
      const std::string reason = failure_of(tested);
      const std::string expected = "node 'tested' (" + op + "): gives the integer";
      wrong = reason.find(expected) == std::string::npos ? "a rounded integer: " + reason : "";
      result.refused += wrong.empty() ? 1 : 0;
      if (wrong.empty()) result.reasons.insert(kind_of(reason));
    } else {
      wrong = difference(tested.model.run(tested.image), tested.expected.values);
      result.passed += wrong.empty() ? 1 : 0;
    }
    if (!wrong.empty()) {
      result.wrong.push_back(
          fmt::format("{} {} case {}: {}: {}", op, opset, i, wrong, tested.model.graph().ShortDebugString()));
    }
  }
  return result;
}

std::string version_table() {
  constexpr int kCases = 8;
  std::string rows = "| operator |", rule = "|---|", reasons;
  for (std::int64_t opset = onnx_io::kFirstOpset; opset <= onnx_io::kLastOpset; ++opset) {
    rows += fmt::format(" {} |", opset);
    rule += "---:|";
  }
  rows += "\n" + rule + "\n";
  for (const auto& [op, since] : versions()) {
    std::set<std::string> refusals;
    rows += fmt::format("| {} |", op);
    for (std::int64_t opset = onnx_io::kFirstOpset; opset <= onnx_io::kLastOpset; ++opset) {
      if (!exists(op, opset)) {
        rows += " - |";
        continue;
      }
      const VersionTally found = tally(op, opset, kCases, 1);
      rows += fmt::format(" {} |", found.passed);
      refusals.insert(found.reasons.begin(), found.reasons.end());
    }
    rows += "\n";
    for (const std::string& reason : refusals) reasons += fmt::format("| {} | {} |\n", op, reason);
  }
  return rows + "\nThe others of the " + std::to_string(kCases) +
         " were refused, numbers being n here:\n\n| operator | reason |\n|---|---|\n" + reasons;
}

}  // namespace bitbalance::test
