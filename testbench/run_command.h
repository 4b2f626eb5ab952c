// `bitbalance run`: a scenario from its file to table, verdict and results folder.
#pragma once

#include <stdexcept>
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
  std::string trace;                 ///< "LAYER[:first-last]"
  std::vector<std::string> signals;  ///< shell patterns
};

/// Exit codes of the program.
inline constexpr int kExitPass = 0;
inline constexpr int kExitFail =
    1;  ///< the accelerator computes something else than the golden model, or hangs
inline constexpr int kExitUsage = 2;  ///< the user's mistake, told in one line

inline constexpr int kExitInterrupted = 130;  ///< as shells report Ctrl-C

/// The user stopped the run with Ctrl-C; nothing is left behind.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

/// Returns kExitPass or kExitFail; throws std::invalid_argument for a user's mistake.
int run_command(const RunArguments& arguments);

}  // namespace bitbalance
