// The `bitbalance` command as a child process: under limits, with signals, with its streams elsewhere.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace bitbalance::test {

struct CommandEnd {
  int exit_code = -1;  ///< -1: ended by `signal`
  int signal = 0;
  std::string out;
  std::string err;
};

class CommandChild {
 public:
  /// `arguments` of the command; `prepare` is called in the child, behind its streams' redirection.
  explicit CommandChild(const std::vector<std::string>& arguments, const std::function<void()>& prepare = {});
  ~CommandChild();
  CommandChild(const CommandChild&) = delete;
  CommandChild& operator=(const CommandChild&) = delete;

  pid_t process() const { return process_; }
  CommandEnd wait();

 private:
  std::filesystem::path streams_;  ///< a folder for what it prints
  pid_t process_ = 0;
};

/// Runs the command to its end.
CommandEnd run_bitbalance(const std::vector<std::string>& arguments,
                          const std::function<void()>& prepare = {});

void limit(__rlimit_resource_t resource, rlim_t value);
/// What root may do, limits of processes do not hold: from now on the process is nobody's.
void become_nobody();

}  // namespace bitbalance::test
