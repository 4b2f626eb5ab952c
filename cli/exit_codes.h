// How the program ends.
#pragma once

#include "cli/names.h"

namespace bitbalance::cli {

/// Exit codes of the program. A signal that stops it adds its number to kExitSignal, as in shells: 130 is
/// Ctrl-C.
inline constexpr int kExitPass = 0;
/// The accelerator computes something else than the golden model, or hangs.
inline constexpr int kExitFail = 1;
/// The user's mistake, told in one line.
inline constexpr int kExitUsage = 2;
/// This machine refuses (disk, memory, processes), told in one line.
inline constexpr int kExitMachine = 3;
inline constexpr int kExitSignal = 128;

}  // namespace bitbalance::cli
