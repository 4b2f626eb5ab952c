// Which program this is.
#pragma once

namespace bitbalance {

/// The project's version: "0.1.0".
inline constexpr const char* kVersion = BITBALANCE_PROJECT_VERSION;

/// What `git describe --tags --always --dirty` said of the sources when the program was built; "unknown"
/// without git.
const char* revision();

}  // namespace bitbalance
