#include "tests/support/command_child.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <regex>

#include "tests/support/child.h"

namespace bitbalance::test {
namespace {

void redirect(int stream, const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (descriptor < 0 || ::dup2(descriptor, stream) < 0) ::_exit(99);
  ::close(descriptor);
}

}  // namespace

std::string CommandEnd::told() const {
  static const std::regex kProgress(R"([^\n]*: +\d+ %(, \d+ s left)?\n)");
  return std::regex_replace(err, kProgress, "");
}

bool CommandEnd::told_one_line() const {
  const std::string text = told();
  return std::count(text.begin(), text.end(), '\n') == 1 && text.back() == '\n';
}

bool CommandEnd::refused_in_one_line() const {
  return exit_code == 2 && out.empty() && told_one_line();
}

CommandChild::CommandChild(const std::string& program, const std::vector<std::string>& arguments,
                           const std::function<void()>& prepare) {
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  // A signal before the program has begun must not meet this one's handlers.
  sigset_t all{}, before{};
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  process_ = forked([&] {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_DFL);
    redirect(STDOUT_FILENO, streams_.path() / "out");
    redirect(STDERR_FILENO, streams_.path() / "err");
    // No folder can be made there: each run makes its network, and the user's cache stays as it is.
    ::setenv("XDG_CACHE_HOME", "/dev/null", 1);
    if (prepare) prepare();
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    ::execv(pointers.front(), pointers.data());
    ::_exit(98);
  });
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

CommandChild::CommandChild(const std::vector<std::string>& arguments, const std::function<void()>& prepare)
    : CommandChild(BITBALANCE_COMMAND, arguments, prepare) {}

CommandChild CommandChild::in_shell(const std::string& arguments, const std::string& environment) {
  return {"/bin/sh", {"-c", environment + " " + BITBALANCE_COMMAND + " " + arguments}, {}};
}

CommandChild::~CommandChild() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
}

CommandEnd CommandChild::wait() {
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = 0;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
          text_of(streams_.path() / "out"), text_of(streams_.path() / "err")};
}

CommandEnd run_bitbalance(const std::vector<std::string>& arguments, const std::function<void()>& prepare) {
  return CommandChild(arguments, prepare).wait();
}

CommandEnd bitbalance_command(const std::string& arguments, const std::string& environment) {
  return CommandChild::in_shell(arguments, environment).wait();
}

}  // namespace bitbalance::test
