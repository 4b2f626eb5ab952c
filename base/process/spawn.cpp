#include "base/process/spawn.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace bitbalance {

void ChildStreams::drop(int stream) {
  ::posix_spawn_file_actions_addopen(&actions_, stream, "/dev/null", O_WRONLY, 0);
}

std::optional<pid_t> spawn(const std::vector<std::string>& command, const ChildStreams& streams) {
  std::vector<std::string> arguments = command;
  std::vector<char*> pointers(arguments.size() + 1, nullptr);
  std::transform(arguments.begin(), arguments.end(), pointers.begin(),
                 [](std::string& argument) { return argument.data(); });
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, pointers.front(), streams.get(), nullptr, pointers.data(), environ);
  if (error == ENOENT) return std::nullopt;
  if (error != 0) throw std::system_error(error, std::generic_category(), command.front());
  return child;
}

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace bitbalance
