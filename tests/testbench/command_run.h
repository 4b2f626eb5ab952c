// The `bitbalance` command as a child process.
#pragma once

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/testbench/temporary_folder.h"

namespace bitbalance {

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;

  /// A user's mistake: nothing on stdout, one line on stderr.
  bool refused_in_one_line() const {
    return exit_code == 2 && out.empty() && std::count(err.begin(), err.end(), '\n') == 1 &&
           err.back() == '\n';
  }
};

/// `arguments` as a shell reads them.
inline Outcome bitbalance_command(const std::string& arguments) {
  const TemporaryFolder folder;
  const std::string command = std::string(BITBALANCE_COMMAND) + " " + arguments + " >" +
                              (folder.path() / "out").string() + " 2>" + (folder.path() / "err").string();
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(folder.path() / "out"),
          text_of(folder.path() / "err")};
}

/// A word of a shell, whatever is in it.
inline std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

}  // namespace bitbalance
