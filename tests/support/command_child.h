// The `bitbalance` command as a child process: under limits, with signals, with its streams elsewhere.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/support/names.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::test {

struct CommandEnd {
  int exit_code = -1;  ///< -1: ended by `signal`
  int signal = 0;
  std::string out;
  std::string err;

  /// What came on stderr but for progress, which slow builds show after ten seconds.
  std::string told() const;
  bool told_one_line() const;
  /// A user's mistake: nothing on stdout, told_one_line().
  bool refused_in_one_line() const;
};

class CommandChild {
 public:
  /// `arguments` of the command; `prepare` is called in the child, after its streams' redirection.
  explicit CommandChild(const std::vector<std::string>& arguments, const std::function<void()>& prepare = {});
  /// `arguments` as a shell reads them, after what it is to set in the environment ("NAME=value").
  static CommandChild in_shell(const std::string& arguments, const std::string& environment);
  ~CommandChild();
  CommandChild(const CommandChild&) = delete;
  CommandChild& operator=(const CommandChild&) = delete;

  pid_t process() const { return process_; }
  CommandEnd wait();

 private:
  CommandChild(const std::string& program, const std::vector<std::string>& arguments,
               const std::function<void()>& prepare);

  TemporaryFolder streams_;  ///< what it prints
  pid_t process_ = 0;
};

/// Runs the command to its end.
CommandEnd run_bitbalance(const std::vector<std::string>& arguments,
                          const std::function<void()>& prepare = {});
/// The same through a shell.
CommandEnd bitbalance_command(const std::string& arguments, const std::string& environment = "");

}  // namespace bitbalance::test
