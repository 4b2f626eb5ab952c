#include "base/process/peak_memory.h"

#include <catch2/catch.hpp>
#include <vector>

namespace bitbalance::test {
namespace {

TEST_CASE("the peak of memory rises by what is touched, and does not fall when that is given back") {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  const std::int64_t before = peak_rss_bytes();
  CHECK(before > 0);
  std::int64_t during = 0;
  {
    const std::vector<char> bytes(kBytes, 'x');
    during = peak_rss_bytes();
    CHECK(bytes.back() == 'x');
  }
  // Pages that had been touched before may serve again: not all of it need be new.
  CHECK(during >= before + static_cast<std::int64_t>(kBytes / 2));
  // In bytes, not in KiB; ThreadSanitizer keeps four bytes for each.
  CHECK(during < before + static_cast<std::int64_t>(16 * kBytes));
  // The kernel counts pages of each thread or processor apart and adds them up now and then
  // (proc_pid_status(5) calls the value inaccurate): by some pages it may even fall.
  CHECK(peak_rss_bytes() >= during - (std::int64_t{4} << 20));
}

}  // namespace
}  // namespace bitbalance::test
