// The three standard streams of a command, whatever the caller made of them: closed, full, a pipe without a
// reader.
#pragma once

#include <string>
#include <string_view>

#include "testbench/run/names.h"

namespace bitbalance::runner {

/// First of all in main(): what is closed must not become the number of a file that a command opens.
void claim_standard_streams();

/// "<program>: <message>" on stderr, in one line. Never throws: there is nowhere else to tell it.
void tell(const std::string& message, const char* program = "bitbalance") noexcept;

/// Throws std::runtime_error with the system's reason, as finish_stdout() does.
void write_stdout(std::string_view text);
/// At the end: has all arrived that was printed?
void finish_stdout();

}  // namespace bitbalance::runner
