// Another program, run to its end: text in, text out, no shell.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bitbalance {

struct ChildOutput {
  int exit_code = 0;   ///< -1: ended by a signal
  std::string out;     ///< its stdout
  std::string errors;  ///< its stderr
};

/// Runs `command` (program, searched in PATH, and arguments) with `input` as stdin. Nothing when the program
/// is not installed; throws std::runtime_error when the system refuses anything else.
std::optional<ChildOutput> run_child(const std::vector<std::string>& command, const std::string& input);

}  // namespace bitbalance
