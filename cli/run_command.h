// `bitbalance run`: a scenario from its file to table, verdict and results folder.
#pragma once

#include <string>
#include <vector>

namespace bitbalance {

struct RunArguments {
  std::string scenario;
  std::vector<std::string> settings;  ///< "path.to.key=value"
  std::string level;                  ///< the following are empty when not given
  std::string out;
  std::string images;
  std::string mapping;
  std::string golden;
  std::string jobs;
  std::string rtl;                   ///< layers by name or pattern, separated by commas
  std::string trace;                 ///< "LAYER[:first-last]"
  std::vector<std::string> signals;  ///< names and patterns
};

/// Returns kExitPass or kExitFail; throws std::invalid_argument for a user's mistake.
int run_command(const RunArguments& arguments);

}  // namespace bitbalance
