// What every program of this project has around its work: its streams, and how it ends.
#pragma once

#include <functional>

#include "cli/names.h"

namespace bitbalance::cli {

inline constexpr const char* kOutOfMemory = "out of memory";

/// The exit code of `work`, or that of what it throws, which is told in one line: "<program>: <why>". First
/// of all in main() or sc_main(): standard streams that are closed are claimed, and a file that grows too
/// large is an error like a full disk.
int run_as_program(const char* program, const std::function<int()>& work);

}  // namespace bitbalance::cli
