// Which program this is.
#pragma once

#include "cli/names.h"

namespace bitbalance::cli {

/// The project's version: "0.1.0".
inline constexpr const char* kVersion = BITBALANCE_VERSION;

/// What `git describe --tags --always --dirty` said of the sources when the program was built; "unknown"
/// without git.
const char* revision();

}  // namespace bitbalance::cli
