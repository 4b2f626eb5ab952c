#include "testbench/console.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

namespace bitbalance {

void claim_standard_streams() {
  // Opened the wrong way round, so that using them is still an error.
  while (true) {
    const int stream = ::open("/dev/null", O_RDONLY);
    if (stream < 0 || stream > STDERR_FILENO) {
      if (stream >= 0) ::close(stream);
      return;
    }
  }
}

void tell(const std::string& message) noexcept {
  std::fputs("bitbalance: ", stderr);
  for (const char c : message) std::fputc(c == '\n' || c == '\r' ? ' ' : c, stderr);
  std::fputc('\n', stderr);
}

void finish_stdout() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw std::runtime_error(
      fmt::format("stdout: cannot be written: {}", std::generic_category().message(errno)));
}

}  // namespace bitbalance
