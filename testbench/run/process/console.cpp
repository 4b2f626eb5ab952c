#include "testbench/run/process/console.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <system_error>

#include "base/text/outside_text.h"

namespace bitbalance::runner {
namespace {

[[noreturn]] void fail() {
  throw std::runtime_error(
      fmt::format("standard output: cannot be written: {}", std::generic_category().message(errno)));
}

}  // namespace

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

void tell(const std::string& message, const char* program) noexcept {
  std::fprintf(stderr, "%s: ", program);
  for (std::size_t at = 0; at < message.size(); ++at) {
    const char c = message[at];
    if (c == '\n' || c == '\r') {
      std::fputc(' ', stderr);
    } else if (const Escape escape = escape_of(std::string_view(message).substr(at)); escape.bytes > 0) {
      std::fputs(escape.text.c_str(), stderr);
      at += escape.bytes - 1;
    } else {
      std::fputc(c, stderr);
    }
  }
  std::fputc('\n', stderr);
}

void write_stdout(std::string_view text) {
  if (!text.empty() && std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail();
}

void finish_stdout() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) fail();
}

}  // namespace bitbalance::runner
