#include "testbench/child_process.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace bitbalance {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
/// A file without a name: unlike a pipe it never makes one side wait for the other.
using TemporaryFile = std::unique_ptr<std::FILE, Close>;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

TemporaryFile temporary() {
  TemporaryFile file(std::tmpfile());
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
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) fail(command.front().c_str());
  return ChildOutput{WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(out), contents(errors)};
}

}  // namespace bitbalance
