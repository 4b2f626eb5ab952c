// What random nodes of every claimed operator come to in an operator set: computed as the definition says, or
// refused. The table of docs/onnx.md, and the test that holds it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/names.h"

namespace bitbalance::test {

struct VersionTally {
  int passed = 0;
  int refused = 0;
  std::set<std::string> reasons;   ///< of the refusals, numbers and names left out
  std::vector<std::string> wrong;  ///< what was computed otherwise, or refused without the node's name
};

/// Versions of each claimed operator that the official library or the importer knows; deprecated ones are
/// none.
std::map<std::string, std::set<std::int64_t>> versions();

/// Does the operator set have the operator?
bool exists(const std::string& op, std::int64_t opset);

/// `cases` random nodes (tests/quant/onnx/random/random_operator.h).
VersionTally tally(const std::string& op, std::int64_t opset, int cases, std::uint32_t seed);

/// Rows for all claimed operators in every operator set accepted, and the reasons for refusals.
std::string version_table();

}  // namespace bitbalance::test
