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

  /// How it ended, in one line: "exit code 1: the first line of its stderr".
  std::string end() const;
};

/// Runs `command` (program, searched in PATH, and arguments) with `input` as stdin. Nothing when the program
/// is not installed; throws std::system_error when the system refuses anything else, and Interrupted, the
/// program killed, at a signal that stops this one.
std::optional<ChildOutput> run_child(const std::vector<std::string>& command, const std::string& input);

}  // namespace bitbalance
