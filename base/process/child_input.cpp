#include "base/process/child_input.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bitbalance {

std::unique_ptr<ChildInput> ChildInput::start(const std::vector<std::string>& command) {
  const std::string& name = command.front();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), name);
  std::vector<std::string> arguments = command;
  std::vector<char*> pointers(arguments.size() + 1, nullptr);
  std::transform(arguments.begin(), arguments.end(), pointers.begin(),
                 [](std::string& argument) { return argument.data(); });
  posix_spawn_file_actions_t streams;
  ::posix_spawn_file_actions_init(&streams);
  ::posix_spawn_file_actions_adddup2(&streams, ends[1], STDIN_FILENO);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&streams, stream, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, pointers.front(), &streams, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&streams);
  ::close(ends[1]);
  if (error == 0) return std::unique_ptr<ChildInput>(new ChildInput(name, child, ends[0]));
  ::close(ends[0]);
  if (error == ENOENT) return nullptr;
  throw std::system_error(error, std::generic_category(), name);
}

ChildInput::ChildInput(std::string name, pid_t child, int input)
    : name_(std::move(name)), child_(child), input_(input) {}

ChildInput::~ChildInput() {
  if (child_ != 0) ::kill(child_, SIGKILL);
  if (child_ != 0) wait();
}

int ChildInput::wait() {
  if (input_ >= 0) ::close(std::exchange(input_, -1));
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) continue;
  child_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void ChildInput::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = ::send(input_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) throw std::runtime_error(name_ + " has ended early");
    bytes.remove_prefix(static_cast<std::size_t>(taken));
  }
}

void ChildInput::close() {
  const int exit_code = wait();
  if (exit_code < 0) throw std::runtime_error(name_ + " was ended by a signal");
  if (exit_code > 0) throw std::runtime_error(name_ + ": exit code " + std::to_string(exit_code));
}

}  // namespace bitbalance
