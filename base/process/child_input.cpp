#include "base/process/child_input.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/process/spawn.h"

namespace bitbalance {
namespace {

struct End {
  int file;
  ~End() { ::close(file); }
};

}  // namespace

std::unique_ptr<ChildInput> ChildInput::start(const std::vector<std::string>& command) {
  const std::string& name = command.front();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), name);
  std::unique_ptr<ChildInput> input(new ChildInput(name, ends[0]));
  const End theirs{ends[1]};
  ChildStreams streams;
  streams.set(STDIN_FILENO, theirs.file);
  streams.drop(STDOUT_FILENO);
  streams.drop(STDERR_FILENO);
  const std::optional<pid_t> child = spawn(command, streams);
  if (!child) return nullptr;
  input->child_ = *child;
  return input;
}

ChildInput::ChildInput(std::string name, int input) : name_(std::move(name)), input_(input) {}

ChildInput::~ChildInput() {
  if (child_ != 0) ::kill(child_, SIGKILL);
  wait();
}

int ChildInput::wait() {
  if (input_ >= 0) ::close(std::exchange(input_, -1));
  int status = 0;
  while (child_ != 0 && ::waitpid(child_, &status, 0) < 0 && errno == EINTR) continue;
  child_ = 0;
  return exit_code_of(status);
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
