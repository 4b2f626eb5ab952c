#include "tests/support/child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>

namespace bitbalance::test {

pid_t forked(const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no child process");
  if (child > 0) return child;
  try {
    body();
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    ::_exit(1);
  }
  ::_exit(0);
}

std::string in_child(const std::function<std::string()>& body) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  const pid_t child = forked([&] {
    close(ends[0]);
    std::string result;
    try {
      result = body();
    } catch (const std::exception& e) {
      result = std::string("exception: ") + e.what();
    }
    result += '\n';
    if (write(ends[1], result.data(), result.size()) != static_cast<ssize_t>(result.size())) _exit(1);
  });
  close(ends[1]);
  std::string result;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = read(ends[0], buffer.data(), buffer.size())) > 0;)
    result.append(buffer.data(), static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return "the child died of signal " + std::to_string(WTERMSIG(status));
  if (result.empty()) return "the child ended without a result";
  result.pop_back();
  return result;
}

void limit(__rlimit_resource_t resource, rlim_t value) {
  const rlimit both = {value, value};
  if (::setrlimit(resource, &both) != 0) ::_exit(97);
}

void become_nobody() {
  constexpr uid_t kNobody = 65534;
  if (::getuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(96);
}

}  // namespace bitbalance::test
