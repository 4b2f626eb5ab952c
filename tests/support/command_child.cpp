#include "tests/support/command_child.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace bitbalance::test {
namespace fs = std::filesystem;
namespace {

constexpr uid_t kNobody = 65534;

void redirect(int stream, const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (descriptor < 0 || ::dup2(descriptor, stream) < 0) ::_exit(99);
  ::close(descriptor);
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace

CommandChild::CommandChild(const std::vector<std::string>& arguments, const std::function<void()>& prepare) {
  std::string folder = (fs::temp_directory_path() / "bitbalance-child-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
  streams_ = folder;
  std::vector<std::string> words = {BITBALANCE_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  // A signal before the program has begun must not meet this one's handlers.
  sigset_t all{}, before{};
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  process_ = ::fork();
  if (process_ != 0) ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (process_ < 0) throw std::runtime_error("no child process");
  if (process_ > 0) return;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_DFL);
  redirect(STDOUT_FILENO, streams_ / "out");
  redirect(STDERR_FILENO, streams_ / "err");
  if (prepare) prepare();
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ::execv(pointers.front(), pointers.data());
  ::_exit(98);
}

CommandChild::~CommandChild() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  fs::remove_all(streams_, ignored);
}

CommandEnd CommandChild::wait() {
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = 0;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
          text_of(streams_ / "out"), text_of(streams_ / "err")};
}

CommandEnd run_bitbalance(const std::vector<std::string>& arguments, const std::function<void()>& prepare) {
  return CommandChild(arguments, prepare).wait();
}

void limit(__rlimit_resource_t resource, rlim_t value) {
  const rlimit both = {value, value};
  if (::setrlimit(resource, &both) != 0) ::_exit(97);
}

void become_nobody() {
  if (::getuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(96);
}

}  // namespace bitbalance::test
