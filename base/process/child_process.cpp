#include "base/process/child_process.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <system_error>
#include <thread>

#include "base/process/interruption.h"
#include "base/text/outside_text.h"

namespace bitbalance {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
/// A file without a name, in memory: unlike a pipe it never makes one side wait for the other.
using TemporaryFile = std::unique_ptr<std::FILE, Close>;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

TemporaryFile temporary() {
  const int memory = ::memfd_create("bitbalance", MFD_CLOEXEC);
  TemporaryFile file(memory < 0 ? nullptr : ::fdopen(memory, "w+b"));
  if (!file) fail("temporary file");
  return file;
}

std::string contents(const TemporaryFile& file) {
  std::string text;
  std::array<char, 1 << 16> part{};
  std::rewind(file.get());
  while (const std::size_t n = std::fread(part.data(), 1, part.size(), file.get()))
    text.append(part.data(), n);
  return text;
}

/// posix_spawn's list of what the child's standard streams are.
class Streams {
 public:
  Streams() { ::posix_spawn_file_actions_init(&actions_); }
  ~Streams() { ::posix_spawn_file_actions_destroy(&actions_); }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  void set(int stream, const TemporaryFile& file) {
    ::posix_spawn_file_actions_adddup2(&actions_, ::fileno(file.get()), stream);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// Its status. Looks often, as a signal could arrive just before a wait that nothing else ends.
int wait_for(pid_t child, const std::string& name) {
  int status = 0;
  for (pid_t ended = 0; ended == 0;) {
    if (interrupting_signal != 0) ::kill(child, SIGKILL);
    ended = ::waitpid(child, &status, WNOHANG);
    if (ended < 0) fail(name.c_str());
    if (ended == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  throw_if_interrupted();
  return status;
}

}  // namespace

std::optional<ChildOutput> run_child(const std::vector<std::string>& command, const std::string& input) {
  const TemporaryFile in = temporary(), out = temporary(), errors = temporary();
  if (std::fwrite(input.data(), 1, input.size(), in.get()) != input.size() || std::fflush(in.get()) != 0)
    fail("temporary file");
  std::rewind(in.get());
  Streams streams;
  streams.set(STDIN_FILENO, in);
  streams.set(STDOUT_FILENO, out);
  streams.set(STDERR_FILENO, errors);

  std::vector<std::string> arguments = command;
  std::vector<char*> pointers(arguments.size() + 1, nullptr);
  std::transform(arguments.begin(), arguments.end(), pointers.begin(),
                 [](std::string& argument) { return argument.data(); });
  pid_t child = 0;
  errno = ::posix_spawnp(&child, pointers.front(), streams.get(), nullptr, pointers.data(), environ);
  if (errno == ENOENT) return std::nullopt;
  if (errno != 0) fail(command.front().c_str());
  const int status = wait_for(child, command.front());
  return ChildOutput{WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(out), contents(errors)};
}

std::string ChildOutput::end() const {
  const std::string code = exit_code < 0 ? "a signal" : "exit code " + std::to_string(exit_code);
  const std::size_t text = errors.find_first_not_of("\n ");
  return text == std::string::npos
             ? code
             : code + ": " + one_line(errors.substr(text, errors.find('\n', text) - text));
}

}  // namespace bitbalance
