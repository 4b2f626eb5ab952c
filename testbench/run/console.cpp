#include "testbench/run/console.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

namespace bitbalance::runner {

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
  for (const char c : message) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\r') {
      std::fputc(' ', stderr);
    } else if (code < ' ' || code == 0x7f) {  // of a name: a terminal would act on it
      std::fprintf(stderr, "\\x%02x", code);
    } else {
      std::fputc(c, stderr);
    }
  }
  std::fputc('\n', stderr);
}

void finish_stdout() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw std::runtime_error(
      fmt::format("stdout: cannot be written: {}", std::generic_category().message(errno)));
}

}  // namespace bitbalance::runner
