// `bitbalance compare`: scenarios in, one table, one chart and one results folder out.
#pragma once

#include <string>
#include <vector>

namespace bitbalance {

struct CompareArguments {
  std::vector<std::string> scenarios;
  std::vector<std::string> settings;  ///< "path.to.key=value", for all scenarios
  std::string rule = "equal-lanes";
  std::string baselines;  ///< separated by commas; empty: all
  std::string out;        ///< empty: results/compare
};

/// Throws std::invalid_argument for a user's mistake.
void compare_command(const CompareArguments& arguments);

}  // namespace bitbalance
