// The three standard streams of a command, whatever the caller made of them: closed, full, a pipe without a
// reader.
#pragma once

#include <string>

#include "testbench/run/names.h"

namespace bitbalance::runner {

/// First of all in main(): what is closed must not become the number of a file that a command opens.
void claim_standard_streams();

/// "bitbalance: <message>" on stderr, in one line. Never throws: there is nowhere else to tell it.
void tell(const std::string& message) noexcept;

/// Throws std::runtime_error when not all that was printed has arrived.
void finish_stdout();

}  // namespace bitbalance::runner
