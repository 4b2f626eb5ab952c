// `bitbalance recost`: what a stored run would cost in another technology, without simulating it again.
#pragma once

#include <string>
#include <vector>

namespace bitbalance {

struct RecostArguments {
  std::string results;                ///< folder of a run
  std::string technology;             ///< file
  std::vector<std::string> settings;  ///< "path.to.key=value" of the technology
  std::string csv;                    ///< energy.csv to write; empty: none
};

/// Prints the table; throws std::invalid_argument for a user's mistake.
void recost_command(const RecostArguments& arguments);

}  // namespace bitbalance
