// A scenario's network, or a program on disk, run by firmware on the platform.
#pragma once

#include "cli/platform/arguments.h"

namespace bitbalance::cli {

/// Returns the exit code. Throws std::invalid_argument, one line, for a user's mistake.
int run_platform(const PlatformArguments& arguments);

}  // namespace bitbalance::cli
