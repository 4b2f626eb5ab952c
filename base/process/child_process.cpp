#include "base/process/child_process.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <system_error>
#include <thread>

#include "base/process/interruption.h"
#include "base/process/spawn.h"
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
  ChildStreams streams;
  streams.set(STDIN_FILENO, ::fileno(in.get()));
  streams.set(STDOUT_FILENO, ::fileno(out.get()));
  streams.set(STDERR_FILENO, ::fileno(errors.get()));
  const std::optional<pid_t> child = spawn(command, streams);
  if (!child) return std::nullopt;
  const int status = wait_for(*child, command.front());
  return ChildOutput{exit_code_of(status), contents(out), contents(errors)};
}

std::string ChildOutput::end() const {
  const std::string code = exit_code < 0 ? "a signal" : "exit code " + std::to_string(exit_code);
  const std::size_t text = errors.find_first_not_of("\n ");
  return text == std::string::npos
             ? code
             : code + ": " + one_line(errors.substr(text, errors.find('\n', text) - text));
}

}  // namespace bitbalance
