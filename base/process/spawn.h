// How another program is started: no shell, and its standard streams are what the caller says.
#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace bitbalance {

class ChildStreams {
 public:
  ChildStreams() { ::posix_spawn_file_actions_init(&actions_); }
  ~ChildStreams() { ::posix_spawn_file_actions_destroy(&actions_); }
  ChildStreams(const ChildStreams&) = delete;
  ChildStreams& operator=(const ChildStreams&) = delete;

  /// The child's `stream` is this process's `descriptor`.
  void set(int stream, int descriptor) { ::posix_spawn_file_actions_adddup2(&actions_, descriptor, stream); }
  /// What the child writes to `stream` goes nowhere.
  void drop(int stream);
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// Starts `command` (program, searched in PATH, and arguments). Nothing when it is not installed; throws
/// std::system_error when the system refuses anything else.
std::optional<pid_t> spawn(const std::vector<std::string>& command, const ChildStreams& streams);

/// Of a child that has ended; -1: by a signal.
int exit_code_of(int status);

}  // namespace bitbalance
