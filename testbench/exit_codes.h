// How the program ends.
#pragma once

#include <stdexcept>

namespace bitbalance {

/// Exit codes of the program.
inline constexpr int kExitPass = 0;
inline constexpr int kExitFail =
    1;  ///< the accelerator computes something else than the golden model, or hangs
inline constexpr int kExitUsage = 2;          ///< the user's mistake, told in one line
inline constexpr int kExitInterrupted = 130;  ///< as shells report Ctrl-C

/// The user stopped the run with Ctrl-C; nothing is left behind.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

}  // namespace bitbalance
