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
    const bool is_control = begins_control(message.c_str() + at);
    const char c = is_control ? message[++at] : message[at];
    const auto code = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\r') {
      std::fputc(' ', stderr);
    } else if (is_control || code < ' ' || code == 0x7f) {  // of a name: a terminal would act on it
      std::fprintf(stderr, "\\x%02x", code);
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
